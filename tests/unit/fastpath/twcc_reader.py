"""An independent reader of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

import struct

__all__ = ["decode"]


def decode(packet):
    """sequence → arrival in units of 250 µs, or None for a packet that is reported lost."""
    base, count = struct.unpack(">HH", packet[12:16])
    reference = int.from_bytes(packet[16:19], "big")
    offset, statuses = 20, []
    while len(statuses) < count:
        (chunk,) = struct.unpack(">H", packet[offset : offset + 2])
        assert chunk >> 14 == 3, "two-bit status vectors only"
        statuses += [(chunk >> shift) & 3 for shift in range(12, -2, -2)]
        offset += 2
    assert all(status == 0 for status in statuses[count:])
    now, out = reference * 256, {}
    for index, status in enumerate(statuses[:count]):
        if status == 1:
            now, offset = now + packet[offset], offset + 1
        elif status == 2:
            now, offset = now + struct.unpack(">h", packet[offset : offset + 2])[0], offset + 2
        out[(base + index) & 0xFFFF] = now if status else None
    assert not any(packet[offset:]), "padding is zero"
    assert len(packet) == 4 * (struct.unpack(">H", packet[2:4])[0] + 1) <= 1200
    return out
