import pytest

from ovrouter.errors import ForcedCodecMissing, SdpMalformed
from ovrouter.medianode import VideoCodec
from ovrouter.rtc.extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
)
from ovrouter.rtc.sdp_parser import parse
from ovrouter.rtc.uplink import answer_uplink

PUBLISHERS = [
    "aiortc_audio_video",
    "chromium_audio_only",
    "chromium_audio_video",
    "chromium_datachannel",
    "chromium_doubled_tracks",
    "chromium_sendrecv",
    "chromium_simulcast",
    "chromium_video_only",
    "firefox_like_audio_video",
]


@pytest.mark.parametrize("name", PUBLISHERS)
def test_answers_mirror_the_offers_sections(load_sdp, local, name):
    offer = parse(load_sdp(name))
    plan = answer_uplink(load_sdp(name), local)
    answer = parse(plan.sdp_answer)
    assert answer.ice_lite
    assert answer.extmap_allow_mixed == offer.extmap_allow_mixed
    assert [(section.kind, section.mid) for section in answer.media] == [
        (section.kind, section.mid) for section in offer.media
    ]
    accepted = [section for section in answer.media if section.port]
    assert [section.mid for section in accepted] == [track.mid for track in plan.tracks] == list(answer.bundle)
    for section in accepted:
        assert (section.direction, section.setup, section.rtcp_mux) == ("recvonly", "passive", True)
        assert (section.ice_ufrag, section.ice_pwd) == (local.ice_ufrag, local.ice_pwd)
        assert section.end_of_candidates
    assert "b=AS" not in plan.sdp_answer
    assert plan.remote.is_dtls_client
    assert plan.loopback == ()


@pytest.mark.parametrize("name", PUBLISHERS)
def test_answered_formats_are_a_part_of_the_offered_ones(load_sdp, local, name):
    offer = parse(load_sdp(name))
    answer = parse(answer_uplink(load_sdp(name), local).sdp_answer)
    for offered, answered in zip(offer.media, answer.media, strict=True):
        by_pt = {codec.pt: codec for codec in offered.codecs}
        for codec in answered.codecs:
            same = by_pt[codec.pt]
            assert (codec.name, codec.clock_rate, codec.channels) == (same.name, same.clock_rate, same.channels)
            assert set(codec.rtcp_fb) <= set(same.rtcp_fb)
        assert {(extension.id, extension.uri) for extension in answered.extensions} <= {
            (extension.id, extension.uri) for extension in offered.extensions
        }


def test_what_is_kept_of_chromium(load_sdp, local):
    offer = parse(load_sdp("chromium_audio_video"))
    audio, video = answer_uplink(load_sdp("chromium_audio_video"), local).tracks
    assert [(pt.pt, pt.codec, pt.fmtp) for pt in audio.payload_types] == [(111, "opus", "minptime=10;useinbandfec=1")]
    assert [(pt.pt, pt.codec, pt.rtx_pt) for pt in video.payload_types] == [
        (96, "VP8", 97),
        (102, "H264", 103),
        (108, "H264", 109),
        (116, "H264", 117),
        (45, "AV1", 46),
        (98, "VP9", 99),
        (100, "VP9", 101),
    ]
    assert ((video.ssrc, video.cname), (video.rtx_ssrc, video.cname)) == offer.media[1].ssrcs
    assert (audio.ssrc, audio.rtx_ssrc) == (offer.media[0].ssrcs[0][0], None)
    assert dict(audio.extensions) == {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, TRANSPORT_CC: 3}
    assert MID not in dict(video.extensions)
    assert video.rids == ()


def test_what_is_kept_of_firefox(load_sdp, local):
    audio, video = answer_uplink(load_sdp("firefox_like_audio_video"), local).tracks
    assert [pt.pt for pt in audio.payload_types] == [109]
    assert [(pt.pt, pt.codec, pt.rtx_pt) for pt in video.payload_types] == [
        (120, "VP8", 124),
        (121, "VP9", 125),
        (126, "H264", 127),
    ]
    assert dict(video.extensions) == {ABS_SEND_TIME: 4, TRANSPORT_CC: 7}


def test_simulcast_is_answered_with_its_stream_ids(load_sdp, local):
    plan = answer_uplink(load_sdp("chromium_simulcast"), local)
    video = plan.tracks[1]
    assert (video.ssrc, video.rtx_ssrc, video.rids) == (None, None, ("rdiv4", "rdiv2", "rdiv1"))
    assert {MID, RID, REPAIRED_RID} <= set(dict(video.extensions))
    assert MID not in dict(plan.tracks[0].extensions)
    section = parse(plan.sdp_answer).media[1]
    assert section.simulcast.recv == video.rids
    assert section.rids == tuple((rid, "recv") for rid in video.rids)


def test_of_tracks_that_are_offered_twice_the_first_are_taken(load_sdp, local):
    plan = answer_uplink(load_sdp("chromium_doubled_tracks"), local)
    assert [(track.kind, track.mid) for track in plan.tracks] == [("audio", "0"), ("video", "1")]
    answer = parse(plan.sdp_answer)
    assert [section.is_rejected for section in answer.media] == [False, False, True, True]
    assert answer.bundle == ("0", "1")


@pytest.mark.parametrize("codec", VideoCodec)
def test_a_forced_codec_is_all_that_is_left(load_sdp, local, codec):
    audio, video = answer_uplink(load_sdp("chromium_audio_video"), local, forced_codec=codec).tracks
    assert {pt.codec for pt in video.payload_types} == {codec.value}
    assert [pt.codec for pt in audio.payload_types] == ["opus"]


def test_a_missing_forced_codec_is_refused_or_allowed(load_sdp, local):
    offer = load_sdp("aiortc_audio_video")
    with pytest.raises(ForcedCodecMissing, match=r"VP9.*publisher"):
        answer_uplink(offer, local, forced_codec=VideoCodec.VP9)
    plan = answer_uplink(offer, local, forced_codec=VideoCodec.VP9, allow_other_codecs=True)
    assert [pt.codec for pt in plan.tracks[1].payload_types] == ["VP8", "H264", "H264"]


def test_loopback_sends_back_in_the_same_numbers(load_sdp, local, ssrcs):
    plan = answer_uplink(load_sdp("chromium_sendrecv"), local, loopback_ssrcs=ssrcs)
    audio, video = plan.loopback
    assert audio.payload_map == ((111, 111),)
    assert video.payload_map[0] == (96, 96)
    assert dict(video.rtx_map)[96] == 97
    assert all(own == theirs for own, theirs in video.extension_map)
    section = parse(plan.sdp_answer).media[1]
    assert section.direction == "sendrecv"
    assert section.ssrcs == ((video.ssrc, video.cname), (video.rtx_ssrc, video.cname))
    assert section.ssrc_groups[0].ssrcs == (video.ssrc, video.rtx_ssrc)
    assert audio.cname == video.cname


def test_loopback_needs_an_offer_that_receives(load_sdp, local, ssrcs):
    plan = answer_uplink(load_sdp("chromium_audio_video"), local, loopback_ssrcs=ssrcs)
    assert plan.loopback == ()
    assert "a=recvonly" in plan.sdp_answer


def test_the_peer_may_insist_on_being_the_dtls_server(load_sdp, local):
    plan = answer_uplink(load_sdp("chromium_audio_only").replace("setup:actpass", "setup:passive"), local)
    assert not plan.remote.is_dtls_client
    assert "a=setup:active" in plan.sdp_answer


@pytest.mark.parametrize("name", ["chromium_recvonly", "aiortc_recvonly"])
def test_an_offer_that_sends_nothing_is_refused(load_sdp, local, name):
    with pytest.raises(SdpMalformed, match="sends no audio or video"):
        answer_uplink(load_sdp(name), local)


def test_an_ssrc_has_one_purpose(load_sdp, local):
    offer = load_sdp("chromium_audio_video")
    audio, video = (section.ssrcs[0][0] for section in parse(offer).media)
    with pytest.raises(SdpMalformed, match="one SSRC for two purposes"):
        answer_uplink(offer.replace(str(video), str(audio)), local)


def test_an_offer_without_ssrcs_is_answered(load_sdp, local):
    offer = load_sdp("chromium_audio_only")
    stripped = "\r\n".join(line for line in offer.split("\r\n") if not line.startswith("a=ssrc"))
    (track,) = answer_uplink(stripped, local).tracks
    assert (track.ssrc, track.rtx_ssrc, track.cname, track.rids) == (None, None, "", ())


def test_a_sender_of_layers_may_describe_their_frames(load_sdp, local):
    line = f"a=extmap:12 {DEPENDENCY_DESCRIPTOR}\r\n"
    offer = load_sdp("chromium_video_only").replace("a=extmap:3 ", line + "a=extmap:3 ", 1)
    plan = answer_uplink(offer, local)
    (track,) = plan.tracks
    assert (DEPENDENCY_DESCRIPTOR, 12) in track.extensions
    assert line.strip() in plan.sdp_answer
    assert "\r\na=extmap-allow-mixed\r\n" in plan.sdp_answer
