from dataclasses import replace

import pytest

from ovrouter.errors import ForcedCodecMissing, SdpMalformed
from ovrouter.medianode import VideoCodec
from ovrouter.rtc.downlink import accept_answer, answer_downlink, offer_downlink
from ovrouter.rtc.extensions import DEPENDENCY_DESCRIPTOR, MID, RID, TRANSPORT_CC
from ovrouter.rtc.sdp_parser import parse

STREAM = "str_CAM_Xabc_con_Yabcdefghi"


@pytest.fixture
def offer(published, local, ssrcs):
    return offer_downlink(published("chromium_audio_video"), local, ssrcs, stream_id=STREAM)


@pytest.fixture
def answer(load_sdp, offer):
    """Chromium's, with the mids of this offer."""
    return answer_to(offer, load_sdp("chromium_answer"))


def answer_to(offer, recorded):
    mids = [track.mid for track in offer.tracks]
    for index, mid in enumerate(mids):
        recorded = recorded.replace(f"a=mid:{index}", f"a=mid:{mid}")
    return recorded.replace("BUNDLE 0 1", f"BUNDLE {' '.join(mids)}")


def test_an_offer_uses_the_publishers_numbers(published, offer):
    audio, video = parse(offer.sdp_offer).media
    source = published("chromium_audio_video")[1]
    assert [codec.pt for codec in audio.codecs] == [111]
    assert [codec.pt for codec in video.codecs][:2] == [96, 97]
    assert [section.mid for section in (audio, video)] == ["localufrag0", "localufrag1"]
    assert (video.direction, video.setup) == ("sendonly", "actpass")
    assert {extension.uri: extension.id for extension in video.extensions}.items() <= dict(source.extensions).items()
    for track in offer.tracks:
        assert all(own == theirs for own, theirs in track.payload_map + track.extension_map)
        assert [own for own, _ in track.payload_map] == [pt.pt for pt in track.source.payload_types]


def test_an_offer_allows_large_extensions(offer):
    assert parse(offer.sdp_offer).extmap_allow_mixed


def test_an_offer_announces_what_will_be_sent(offer):
    audio, video = parse(offer.sdp_offer).media
    sent_audio, sent_video = offer.tracks
    assert audio.ssrcs == ((sent_audio.ssrc, sent_audio.cname),)
    assert audio.ssrc_groups == ()
    assert [ssrc for ssrc, _ in video.ssrcs] == [sent_video.ssrc, sent_video.rtx_ssrc]
    assert (video.ssrc_groups[0].semantics, video.ssrc_groups[0].ssrcs) == (
        "FID",
        (sent_video.ssrc, sent_video.rtx_ssrc),
    )
    assert [section.msid for section in (audio, video)] == [
        f"{STREAM} {STREAM}_{section.mid}" for section in (audio, video)
    ]
    assert len({sent_audio.ssrc, sent_video.ssrc, sent_video.rtx_ssrc}) == 3
    assert sent_audio.cname == sent_video.cname


def test_feedback_of_an_offer_is_ours_not_the_publishers(published, local, ssrcs):
    track = published("aiortc_audio_video")[1]
    bare = replace(
        track, payload_types=tuple(replace(pt, nack=False, pli=False, remb=False) for pt in track.payload_types)
    )
    (video,) = parse(offer_downlink((bare,), local, ssrcs, stream_id=STREAM).sdp_offer).media
    assert video.codecs[0].rtcp_fb == ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")


def test_transport_wide_numbers_are_offered_for_all_media(offer):
    assert [track.transport_cc for track in offer.tracks] == [3, 3]
    assert all("transport-cc" in section.codecs[0].rtcp_fb for section in parse(offer.sdp_offer).media)


def test_transport_wide_numbers_get_a_free_id_where_the_publisher_has_none(published, local, ssrcs):
    track = published("chromium_video_only")[0]
    lacking = replace(track, extensions=(("urn:3gpp:video-orientation", 1), ("urn:x", 2)))
    sent = offer_downlink((lacking,), local, ssrcs, stream_id=STREAM).tracks[0]
    assert sent.transport_cc == 3


def test_simulcast_goes_out_as_one_stream(published, local, ssrcs):
    offer = offer_downlink(published("chromium_simulcast"), local, ssrcs, stream_id=STREAM)
    video = parse(offer.sdp_offer).media[1]
    assert len(video.ssrcs) == 2
    assert (video.rids, video.simulcast.send) == ((), ())
    assert {MID, RID, DEPENDENCY_DESCRIPTOR}.isdisjoint(extension.uri for extension in video.extensions)


def test_an_answer_of_chromium_is_accepted(offer, answer):
    plan = accept_answer(offer, answer)
    audio, video = plan.tracks
    assert plan.remote.is_dtls_client
    assert (audio.payload_map, audio.rtx_map, audio.rtx_ssrc) == (((111, 111),), (), None)
    assert video.payload_map == offer.tracks[1].payload_map
    assert dict(video.rtx_map)[96] == 97
    assert (video.nack, video.pli, video.remb) == (True, True, True)
    assert (video.transport_cc, video.ssrc, video.rtx_ssrc) == (3, offer.tracks[1].ssrc, offer.tracks[1].rtx_ssrc)


def test_an_answer_cannot_add_to_the_offer(load_sdp, published, local, ssrcs):
    tracks = published("chromium_audio_video")
    forced = offer_downlink(tracks, local, ssrcs, stream_id=STREAM, forced_codec=VideoCodec.H264)
    video = accept_answer(forced, answer_to(forced, load_sdp("chromium_answer"))).tracks[1]
    assert [own for own, _ in video.payload_map] == [102, 108, 116]


def change_video(sdp, old, new):
    head, marker, video = sdp.partition("m=video")
    return head + marker + video.replace(old, new)


def test_a_rejected_section_is_left_out(offer, answer):
    audio, video = (track.mid for track in offer.tracks)
    rejected = change_video(answer, " 9 UDP", " 0 UDP").replace(f"BUNDLE {audio} {video}", f"BUNDLE {audio}")
    assert [track.kind for track in accept_answer(offer, rejected).tracks] == ["audio"]


def test_an_inactive_section_is_left_out(offer, answer):
    inactive = change_video(answer, "a=recvonly", "a=inactive")
    assert [track.kind for track in accept_answer(offer, inactive).tracks] == ["audio"]


def test_a_section_without_a_common_codec_is_left_out(offer, answer):
    foreign = change_video(answer, "a=rtpmap", "a=ignored")
    assert [track.kind for track in accept_answer(offer, foreign).tracks] == ["audio"]


def test_an_answer_that_refuses_codecs_and_retransmission_narrows_the_maps(offer, answer):
    formats = next(line for line in answer.split("\r\n") if line.startswith("m=video"))
    narrow = answer.replace(formats, "m=video 9 UDP/TLS/RTP/SAVPF 98")
    video = accept_answer(offer, narrow).tracks[1]
    assert (video.payload_map, video.rtx_map, video.rtx_ssrc) == (((98, 98),), (), None)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("a=mid:localufrag1", "a=mid:2", "mid that no media section has"),
        ("m=video", "m=audio", "not those of the last offer"),
        ("a=recvonly", "a=inactive", "receives none"),
    ],
)
def test_an_answer_to_something_else_is_refused(offer, answer, old, new, complaint):
    with pytest.raises(SdpMalformed, match=complaint):
        accept_answer(offer, answer.replace(old, new))


def test_an_answer_to_an_earlier_offer_is_refused(published, local, ssrcs, offer, answer):
    newer_local = replace(local, ice_ufrag="anotherufrag")
    newer = offer_downlink(published("chromium_audio_video"), newer_local, ssrcs, stream_id=STREAM)
    with pytest.raises(SdpMalformed, match="not those of the last offer"):
        accept_answer(newer, answer)


def test_forcing_a_codec_the_publisher_lacks(published, local, ssrcs):
    tracks = published("aiortc_audio_video")
    with pytest.raises(ForcedCodecMissing, match="VP9"):
        offer_downlink(tracks, local, ssrcs, stream_id=STREAM, forced_codec=VideoCodec.VP9)
    allowed = offer_downlink(
        tracks, local, ssrcs, stream_id=STREAM, forced_codec=VideoCodec.VP9, allow_other_codecs=True
    )
    assert [own for own, _ in allowed.tracks[1].payload_map] == [97, 99, 101]


@pytest.mark.parametrize("publisher", ["chromium_audio_video", "firefox_like_audio_video", "aiortc_audio_video"])
@pytest.mark.parametrize("subscriber", ["chromium_recvonly", "aiortc_recvonly"])
def test_a_subscribers_offer_rules_the_numbers(load_sdp, published, local, ssrcs, publisher, subscriber):
    tracks, offer = published(publisher), parse(load_sdp(subscriber))
    text, plan = answer_downlink(load_sdp(subscriber), tracks, local, ssrcs, stream_id=STREAM)
    answer = parse(text)
    assert [track.kind for track in plan.tracks] == ["audio", "video"]
    for offered, answered, track in zip(offer.media, answer.media, plan.tracks, strict=True):
        assert (answered.direction, answered.setup, answered.mid) == ("sendonly", "passive", offered.mid)
        names = {codec.pt: codec.name for codec in offered.codecs}
        sources = {pt.pt: pt.codec for pt in track.source.payload_types}
        assert track.payload_map
        assert all(sources[own] == names[theirs] for own, theirs in track.payload_map)
        assert all(names[rtx] == "rtx" for _, rtx in track.rtx_map)
        assert {codec.pt for codec in answered.codecs} == {
            *(theirs for _, theirs in track.payload_map),
            *(rtx for _, rtx in track.rtx_map),
        }
        named = {extension.uri: extension.id for extension in answered.extensions}
        assert track.transport_cc == named.get(TRANSPORT_CC)
        assert (TRANSPORT_CC in named) == (TRANSPORT_CC in {extension.uri for extension in offered.extensions})


def test_extensions_are_translated(load_sdp, published, local, ssrcs):
    text, plan = answer_downlink(
        load_sdp("chromium_recvonly"), published("firefox_like_audio_video"), local, ssrcs, stream_id=STREAM
    )
    video = parse(text).media[1]
    assert [extension.uri for extension in video.extensions] == [TRANSPORT_CC]
    assert plan.tracks[1].transport_cc == 3
    assert plan.tracks[0].extension_map == ((1, 1),)


def test_sections_without_a_track_are_rejected(load_sdp, published, local, ssrcs):
    text, plan = answer_downlink(
        load_sdp("chromium_recvonly"), published("chromium_video_only"), local, ssrcs, stream_id=STREAM
    )
    answer = parse(text)
    assert [section.port for section in answer.media] == [0, 40000]
    assert answer.bundle == ("1",)
    assert [(track.kind, track.mid) for track in plan.tracks] == [("video", "1")]


def test_an_offer_with_nothing_in_common_is_refused(load_sdp, published, local, ssrcs):
    with pytest.raises(SdpMalformed, match="receives nothing that the publisher sends"):
        answer_downlink(
            load_sdp("chromium_audio_only"), published("chromium_audio_only"), local, ssrcs, stream_id=STREAM
        )


def test_a_subscriber_must_offer_the_forced_codec(load_sdp, published, local, ssrcs):
    tracks = published("chromium_audio_video")
    arguments = (load_sdp("aiortc_recvonly"), tracks, local, ssrcs)
    with pytest.raises(ForcedCodecMissing, match=r"VP9.*subscriber"):
        answer_downlink(*arguments, stream_id=STREAM, forced_codec=VideoCodec.VP9)
    _, plan = answer_downlink(*arguments, stream_id=STREAM, forced_codec=VideoCodec.H264)
    assert {pt for pt, _ in plan.tracks[1].payload_map} == {102, 108}
