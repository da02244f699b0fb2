from __future__ import annotations

import pytest

from ovrouter.medianode import VideoCodec
from ovrouter.session.codec import resolve_forced_codec


@pytest.mark.parametrize(
    ("forced", "media_server", "codec"),
    [
        ("MEDIA_SERVER_PREFERRED", "kurento", VideoCodec.VP8),
        ("MEDIA_SERVER_PREFERRED", "mediasoup", None),
        ("NONE", "kurento", None),
        ("VP8", "mediasoup", VideoCodec.VP8),
        ("VP9", "mediasoup", VideoCodec.VP9),
        ("H264", "kurento", VideoCodec.H264),
    ],
)
def test_resolution(forced: str, media_server: str, codec: VideoCodec | None):
    assert resolve_forced_codec(forced, media_server) is codec
