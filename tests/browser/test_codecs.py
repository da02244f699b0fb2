"""Sessions that force a video codec."""

from __future__ import annotations

import pytest

from tests.browser.meeting import Meeting


@pytest.mark.parametrize("codec", ["VP8", "VP9", "H264"])
def test_a_forced_codec_is_what_arrives(meeting: Meeting, codec: str) -> None:
    meeting.open(forcedVideoCodec=codec)
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()

    bob.sees(stream)
    assert bob.video_codec(stream) == f"video/{codec}"
