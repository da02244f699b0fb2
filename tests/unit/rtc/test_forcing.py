import pytest

from ovrouter.errors import ForcedCodecMissing
from ovrouter.medianode import VideoCodec
from ovrouter.rtc.codecs import formats
from ovrouter.rtc.forcing import ForcedCodec
from ovrouter.rtc.sdp import Codec

VP8_AND_H264 = formats("video", [Codec(96, "VP8", 90000), Codec(102, "H264", 90000)])


def force(codec, *, allow_others=False):
    return ForcedCodec(codec, allow_others, "subscriber", "v=0 the sdp")


def test_the_forced_codec_alone_stays():
    assert [pt.codec for pt in force(VideoCodec.H264).apply("video", VP8_AND_H264)] == ["H264"]


def test_audio_and_unforced_sessions_are_left_alone():
    assert force(VideoCodec.H264).apply("audio", VP8_AND_H264) == VP8_AND_H264
    assert force(None).apply("video", VP8_AND_H264) == VP8_AND_H264


def test_a_missing_codec_is_an_error_that_names_codec_side_and_sdp():
    with pytest.raises(ForcedCodecMissing, match=r"VP9.*subscriber.*v=0 the sdp"):
        force(VideoCodec.VP9).apply("video", VP8_AND_H264)


def test_a_missing_codec_may_be_allowed():
    assert force(VideoCodec.VP9, allow_others=True).apply("video", VP8_AND_H264) == VP8_AND_H264
