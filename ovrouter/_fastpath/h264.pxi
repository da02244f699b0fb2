# H.264 (RFC 6184): browsers send temporal layers without a word, but pictures that no other picture needs say so.
#
# That makes two layers of a stream: pictures with nal_ref_idc 0 are the upper one, and may be left out at any time.

cdef enum:
    H264_SLICE = 1
    H264_SLICE_IDR = 5
    H264_FU_A = 28


cdef void mark_h264(const u8* payload, int length, Marking* marking) noexcept nogil:
    cdef int offset = 1
    cdef int nal_type
    cdef bint starts_slice = True
    if length < 2:
        return
    nal_type = payload[0] & 0x1F
    if nal_type == H264_FU_A:
        starts_slice = (payload[1] & 0x80) != 0
        nal_type = payload[1] & 0x1F
        offset = 2
    if nal_type != H264_SLICE and nal_type != H264_SLICE_IDR:
        return
    # A slice header begins with first_mb_in_slice, a single set bit for 0.
    marking.starts = starts_slice and offset < length and (payload[offset] & 0x80) != 0
    if nal_type == H264_SLICE and not payload[0] & 0x60:
        marking.is_layered = True
        marking.point = <u8>point_of(0, 1)
    if marking.starts:
        marking.opens = 0xFFFF
