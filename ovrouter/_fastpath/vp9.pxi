# The payload descriptor of VP9 (RFC 9628 section 4.2): spatial and temporal layers, picture id and TL0PICIDX.

cdef enum:
    VP9_PICTURE_ID = 0x80
    VP9_INTER = 0x40
    VP9_LAYERS = 0x20
    VP9_FLEXIBLE = 0x10
    VP9_BEGIN = 0x08
    VP9_END = 0x04
    VP9_STRUCTURE = 0x02
    # Reference indices of a picture in flexible mode.
    VP9_REFERENCES = 3


cdef void mark_vp9(const u8* payload, int length, Marking* marking) noexcept nogil:
    """A descriptor that is cut short says nothing beyond the cut."""
    cdef int offset = 1
    cdef int flags
    if length < 1:
        return
    flags = payload[0]
    marking.ends |= (flags & VP9_END) != 0
    marking.starts = (flags & VP9_BEGIN) != 0
    if flags & VP9_PICTURE_ID:
        offset = mark_picture_id(payload, offset, length, marking)
    if flags & VP9_LAYERS and 0 <= offset < length:
        mark_vp9_layer(payload[offset], marking)
        offset += 1
        if not flags & VP9_FLEXIBLE and offset < length:
            marking.tl0_offset = <u8>offset
            marking.tl0 = payload[offset]
            offset += 1
    if flags & VP9_STRUCTURE and offset >= 0:
        offset = skip_vp9_references(payload, offset, length, flags)
        marking.spatial_layers = <u8>((payload[offset] >> 5) + 1 if offset < length else 0)


cdef void mark_vp9_layer(int indices, Marking* marking) noexcept nogil:
    cdef int temporal = indices >> 5
    cdef int spatial = (indices >> 1) & 7
    marking.is_layered = True
    marking.point = <u8>point_of(spatial, temporal)
    if indices & 0x10 and marking.starts:
        # U: no later picture of a higher temporal layer needs one of these from before this picture.
        marking.opens = 0xFFFF
        marking.opens_from = <u8>point_of(0, temporal)
    marking.starts &= spatial == 0


cdef int skip_vp9_references(const u8* payload, int offset, int length, int flags) noexcept nogil:
    """Behind the reference indices (P_DIFF), which pictures have that are predicted, in flexible mode."""
    cdef int count = 0
    cdef bint is_more = (flags & VP9_FLEXIBLE) != 0 and (flags & VP9_INTER) != 0
    while is_more and offset < length and count < VP9_REFERENCES:
        is_more = payload[offset] & 1
        offset += 1
        count += 1
    return offset
