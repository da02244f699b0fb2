import pytest

from ovrouter.medianode import VideoCodec
from ovrouter.rtc import codecs
from ovrouter.rtc.sdp import Codec


def video(pt, name, fmtp=""):
    return codecs.formats("video", [Codec(pt, name, 90000, fmtp=fmtp)])[0]


def h264(pt, profile_level_id, mode="1"):
    return video(pt, "H264", f"packetization-mode={mode};profile-level-id={profile_level_id}")


def test_what_cannot_be_forwarded_is_dropped():
    offered = [
        Codec(96, "vp8", 90000),
        Codec(97, "rtx", 90000, fmtp="apt=96"),
        Codec(98, "VP9", 90000, fmtp="profile-id=1"),
        Codec(99, "VP9", 90000, fmtp="profile-id=2"),
        Codec(100, "red", 90000),
        Codec(101, "ulpfec", 90000),
        Codec(102, "H265", 90000),
        Codec(103, "VP8", 8000),
    ]
    found = codecs.formats("video", offered)
    assert [(pt.pt, pt.codec, pt.rtx_pt) for pt in found] == [(96, "VP8", 97), (99, "VP9", None)]


def test_audio_is_stereo_opus_only():
    offered = [
        Codec(111, "OPUS", 48000, 2),
        Codec(112, "opus", 48000, 1),
        Codec(0, "PCMU", 8000),
        Codec(13, "CN", 8000),
    ]
    assert [(pt.pt, pt.codec) for pt in codecs.formats("audio", offered)] == [(111, "opus")]
    assert codecs.formats("application", offered) == ()


def test_feedback_becomes_flags_and_lines_again():
    codec = Codec(96, "VP8", 90000, rtcp_fb=("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli", "nack rpsi"))
    (payload_type,) = codecs.formats("video", [codec])
    assert (payload_type.nack, payload_type.pli, payload_type.fir) == (True, True, True)
    assert (payload_type.transport_cc, payload_type.remb) == (True, True)
    (written,) = codecs.as_codecs([payload_type])
    assert written.rtcp_fb == codec.rtcp_fb[:-1]


def test_retransmission_formats_follow_their_codec():
    offered = [Codec(96, "VP8", 90000), Codec(45, "AV1", 90000), Codec(97, "rtx", 90000, fmtp="apt=96;rtx-time=3000")]
    written = list(codecs.as_codecs(codecs.formats("video", offered)))
    assert [(codec.pt, codec.name, codec.fmtp) for codec in written] == [
        (96, "VP8", ""),
        (97, "rtx", "apt=96"),
        (45, "AV1", ""),
    ]


@pytest.mark.parametrize("apt", ["apt=x", "apt=", "", "apt=-1"])
def test_a_broken_retransmission_format_is_ignored(apt):
    (payload_type,) = codecs.formats("video", [Codec(96, "VP8", 90000), Codec(97, "rtx", 90000, fmtp=apt)])
    assert payload_type.rtx_pt is None


def test_h264_in_mode_0_is_published_only_where_there_is_nothing_else():
    mode_0, mode_1, vp8 = h264(104, "42001f", "0"), h264(102, "42001f"), video(96, "VP8")
    assert codecs.publishable((vp8, mode_0, mode_1)) == (vp8, mode_1)
    assert codecs.publishable((vp8, mode_0)) == (vp8, mode_0)


def test_only_keeps_one_codec():
    payload_types = (video(96, "VP8"), h264(102, "42001f"), h264(108, "42e01f"))
    assert [pt.pt for pt in codecs.only(VideoCodec.H264, payload_types)] == [102, 108]
    assert codecs.only(VideoCodec.VP9, payload_types) == ()


def test_parameters_of_opus_and_vp8_do_not_matter():
    plain, tuned = codecs.formats("audio", [Codec(1, "opus", 48000, 2), Codec(2, "opus", 48000, 2, "stereo=1")])
    assert codecs.equivalent(plain, [tuned]) == tuned
    assert codecs.equivalent(tuned, [plain]) == plain
    assert codecs.equivalent(video(96, "VP8"), [video(97, "VP8", "max-fs=12288")])


@pytest.mark.parametrize(
    ("source", "receiver", "expected"),
    [
        (video(96, "VP8"), [video(120, "VP8")], 120),
        (video(96, "VP8"), [video(98, "VP9")], None),
        (video(98, "VP9"), [video(100, "VP9", "profile-id=2"), video(99, "VP9", "profile-id=0")], 99),
        (video(98, "VP9", "profile-id=2"), [video(99, "VP9")], None),
        (video(45, "AV1", "level-idx=5;profile=0"), [video(35, "AV1")], 35),
        (video(45, "AV1", "profile=1"), [video(35, "AV1")], None),
        (h264(102, "42e01f"), [h264(1, "42001f"), h264(2, "42e01f")], 2),
        (h264(102, "42001f"), [h264(1, "42e01f")], 1),
        (h264(102, "42001f"), [h264(1, "640c1f"), h264(2, "4d001f")], 2),
        (h264(102, "64001f"), [h264(1, "42e01f"), h264(2, "4d001f")], None),
        (h264(102, "42e01f"), [h264(1, "42e01f", "0")], None),
        (h264(102, "42e01f"), [video(1, "H264", "packetization-mode=1")], 1),
        (h264(102, "zz"), [h264(1, "42e01f")], 1),
    ],
)
def test_equivalence_is_what_the_decoder_takes(source, receiver, expected):
    found = codecs.equivalent(source, receiver)
    assert (found and found.pt) == expected
