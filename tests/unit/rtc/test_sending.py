from ovrouter.rtc.codecs import formats
from ovrouter.rtc.plan import TrackOffer
from ovrouter.rtc.sdp import Codec, MediaSection
from ovrouter.rtc.sending import Receiver, common_cname, section_with_source, track_send


def track(*codecs, cname="c"):
    return TrackOffer("video", "1", formats("video", codecs), 5, 6, cname, (), ())


def receiver(*codecs):
    return Receiver("0", formats("video", codecs), ())


def send(source, sink):
    return track_send(source, sink, ssrc=7, rtx_ssrc=8, cname="c")


def test_two_source_formats_may_become_one():
    source = track(
        Codec(102, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=42001f"),
        Codec(108, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=42e01f"),
    )
    sent = send(source, receiver(Codec(126, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=42e01f")))
    assert sent.payload_map == ((102, 126), (108, 126))


def test_without_a_retransmission_format_there_is_no_ssrc_for_it():
    sent = send(track(Codec(96, "VP8", 90000)), receiver(Codec(96, "VP8", 90000)))
    assert (sent.rtx_map, sent.rtx_ssrc) == ((), None)
    section = section_with_source(MediaSection("video", "0"), sent, "stream")
    assert (section.ssrcs, section.ssrc_groups, section.msid) == (((7, "c"),), (), "stream stream_0")


def test_the_receiver_decides_on_retransmission_and_feedback():
    rtx = Codec(97, "rtx", 90000, fmtp="apt=96")
    sent = send(track(Codec(120, "VP8", 90000)), receiver(Codec(96, "VP8", 90000, rtcp_fb=("nack",)), rtx))
    assert (sent.payload_map, sent.rtx_map, sent.rtx_ssrc) == (((120, 96),), ((96, 97),), 8)
    assert (sent.nack, sent.pli, sent.remb) == (True, False, False)


def test_nothing_in_common_maps_nothing():
    assert send(track(Codec(96, "VP8", 90000)), receiver(Codec(98, "VP9", 90000))).payload_map == ()


def test_tracks_share_the_first_cname():
    assert common_cname([track(cname=""), track(cname="b"), track(cname="c")], "fallback") == "b"
    assert common_cname([track(cname="")], "fallback") == "fallback"
