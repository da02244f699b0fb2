"""Fuzz target: the RTP parser, its header extensions and the keyframe detectors never look beyond the packet."""

from ovrouter._fastpath._core import CODECS, probe_keyframe, probe_renumber, probe_rtp

NEW_IDS = {1: 14, 2: 1, 3: 3, 14: 2}


def fuzz(data: bytes) -> None:
    """Use *data* as a datagram and, for every codec, as a payload."""
    fields = probe_rtp(data)
    if fields is not None:
        assert fields["header_length"] >= 12
        assert 0 <= fields["header_length"] + fields["payload_length"] <= len(data)
        renumbered = probe_rtp(probe_renumber(data, NEW_IDS))
        assert set(renumbered["extensions"]) <= set(NEW_IDS.values())
    for codec in CODECS:
        probe_keyframe(codec, data)
