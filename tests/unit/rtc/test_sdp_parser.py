import pytest

from ovrouter.errors import SdpMalformed
from ovrouter.rtc import sdp_parser
from ovrouter.rtc.sdp_parser import parse

RECORDED = [
    "aiortc_audio_video",
    "aiortc_recvonly",
    "chromium_answer",
    "chromium_audio_only",
    "chromium_audio_video",
    "chromium_datachannel",
    "chromium_recvonly",
    "chromium_sendrecv",
    "chromium_simulcast",
    "chromium_video_only",
    "firefox_like_audio_video",
]
MINIMAL = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
)


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_written_reads_back_equal(load_sdp, name):
    description = parse(load_sdp(name))
    assert parse(str(description)) == description


@pytest.mark.parametrize("name", RECORDED)
def test_either_line_end_will_do(load_sdp, name):
    text = load_sdp(name).replace("\r\n", "\n")
    assert parse(text) == parse(text.replace("\n", "\r\n")) == parse(text.rstrip("\n"))


def test_a_publisher_of_chromium(load_sdp):
    description = parse(load_sdp("chromium_audio_video"))
    audio, video = description.media
    assert description.bundle == ("0", "1")
    assert (audio.kind, audio.mid, audio.direction, audio.port) == ("audio", "0", "sendonly", 9)
    assert (video.setup, video.rtcp_mux, video.rtcp_rsize) == ("actpass", True, True)
    assert [codec.pt for codec in audio.codecs] == [111, 63, 9, 0, 8, 13, 110, 126]
    assert audio.codecs[0].channels == 2
    assert len(video.codecs) == 23
    assert video.codecs[0].rtcp_fb == ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
    assert video.codecs[1].fmtp == "apt=96"
    assert len(video.ssrcs) == 2
    assert video.ssrc_groups[0].ssrcs == tuple(ssrc for ssrc, _ in video.ssrcs)


def test_simulcast_of_chromium(load_sdp):
    video = parse(load_sdp("chromium_simulcast")).media[1]
    assert video.simulcast.send == ("rdiv4", "rdiv2", "rdiv1")
    assert video.rids == (("rdiv4", "send"), ("rdiv2", "send"), ("rdiv1", "send"))
    assert video.ssrcs == ()


def test_sections_inherit_from_the_session(load_sdp):
    session_fingerprint = "8E:2C:5A:11"
    for section in parse(load_sdp("firefox_like_audio_video")).media:
        assert section.fingerprints[0].value.startswith(session_fingerprint)
        assert section.direction == "sendonly"


def test_a_data_channel_keeps_its_formats(load_sdp):
    section = parse(load_sdp("chromium_datachannel")).media[1]
    assert (section.kind, section.formats, section.codecs) == ("application", ("webrtc-datachannel",), ())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "does not begin with v=0"),
        ("\r\n", "does not begin with v=0"),
        ("hello", "does not begin with v=0"),
        ("v=0\r\ns=-\r\n", "no media section"),
        (MINIMAL + "nonsense\r\n", "Line 7 of the SDP is not of the form x=value"),
        (MINIMAL.replace("t=0 0\r\n", "\r\n"), "Line 4 of the SDP is not of the form"),
        (MINIMAL + "a=mid:\x00\r\n", "printable ASCII"),
        (MINIMAL + "a=mid:0\ra=setup:active\r\n", "printable ASCII"),
        (MINIMAL + "a=ssrc:1 cname:\ud800\r\n", "printable ASCII"),
        (MINIMAL + "m=video\r\n", "Cannot read the media line"),
        (MINIMAL + "m=video x UDP/TLS/RTP/SAVPF 96\r\n", "Cannot read the media line"),
        (MINIMAL + "m=video 9 UDP/TLS/RTP/SAVPF\r\n", "Cannot read the media line"),
        (MINIMAL + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n", "same a=mid"),
        (MINIMAL.replace("t=0 0", "t=0 0\r\na=group:BUNDLE 0 1"), "names a mid that no media section has"),
        (MINIMAL + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * 8, "9 media sections; at most 8"),
        (MINIMAL + "a=x:" + "y" * sdp_parser.SDP_MAX_BYTES, "larger than 262144 bytes"),
    ],
)
def test_malformed_descriptions_are_refused_with_the_reason(text, complaint):
    with pytest.raises(SdpMalformed, match=complaint):
        parse(text)


def test_the_largest_allowed_description_is_read():
    filler = "a=x:" + "y" * (sdp_parser.SDP_MAX_BYTES - len(MINIMAL) - 4)
    assert len(parse(MINIMAL + filler).media) == 1


def test_other_groups_are_not_bundles():
    text = MINIMAL.replace("t=0 0", "t=0 0\r\na=group:LS 0\r\na=group:BUNDLE 0 0")
    assert parse(text).bundle == ("0",)
