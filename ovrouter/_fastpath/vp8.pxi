# The payload descriptor of VP8 (RFC 7741 section 4.2): temporal layers, picture id and TL0PICIDX.

cdef void mark_vp8(const u8* payload, int length, Marking* marking) noexcept nogil:
    """A descriptor that is cut short says nothing beyond the cut."""
    cdef int offset = 2
    if length < 2 or not payload[0] & 0x80:
        return
    marking.starts = (payload[0] & 0x17) == 0x10
    if payload[1] & 0x80:
        offset = mark_picture_id(payload, 2, length, marking)
        if offset < 0:
            return
    if payload[1] & 0x40:
        if offset >= length:
            return
        marking.tl0_offset = <u8>offset
        marking.tl0 = payload[offset]
        offset += 1
    if payload[1] & 0x20 and offset < length:
        mark_vp8_layer(payload[offset] >> 6, (payload[offset] & 0x20) != 0, marking)


cdef void mark_vp8_layer(int temporal, bint is_sync, Marking* marking) noexcept nogil:
    """*is_sync*: of all frames before, this one needs those of the lowest layer only."""
    marking.is_layered = True
    marking.point = <u8>point_of(0, temporal)
    if is_sync and temporal > 0:
        # One by one: the layers above this one have frames to come that may need some of it.
        marking.opens_from = <u8>point_of(0, temporal - 1)
        marking.opens = <u16>(1 << temporal)
