"""Fuzz target: what payload descriptors say of layers; counting pictures on changes the counters and nothing else."""

from ovrouter._fastpath._core import probe_counted_on, probe_marking

CODECS = ("VP8", "VP9", "H264", "AV1")
PICTURES = 3


def fuzz(data: bytes) -> None:
    """Use *data* as a payload of every codec."""
    for codec in CODECS:
        marking = probe_marking(codec, data)
        counted_on = probe_counted_on(codec, data, PICTURES)
        after = probe_marking(codec, counted_on)
        assert len(counted_on) == len(data)
        for counter in ("picture_id", "tl0"):
            assert (marking.pop(counter) is None) == (after.pop(counter) is None)
        assert marking == after
