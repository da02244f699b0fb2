"""From the RTP of a tap to whole, ordered, timed frames. Cold; standard library only."""

from ovrouter.depacketize.frame import MediaFrame
from ovrouter.depacketize.tap import TapReader

__all__ = ["MediaFrame", "TapReader"]
