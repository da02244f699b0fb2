# Picture ids, TL0PICIDX and frame numbers: decoders take each for a continuous count.
#
# Simulcast layers count on their own, so after a switch all go on from where the last layer stopped. VP8 pictures that were
# left out are counted out, for its decoders find missing pictures by their ids; VP9 and AV1 say what each picture needs.

cdef enum:
    # No picture has it.
    NO_PICTURE_ID = 0xFFFF


cdef int mark_picture_id(const u8* payload, int offset, int length, Marking* marking) noexcept nogil:
    """A picture id of 7 or 15 bits, as VP8 and VP9 have it; returns what follows, -1 if it is cut short."""
    cdef bint is_long
    if offset >= length:
        return -1
    is_long = (payload[offset] & 0x80) != 0
    if is_long and offset + 2 > length:
        return -1
    marking.picture_bits = 15 if is_long else 7
    marking.picture_offset = <u8>offset
    marking.picture_id = read_u16(payload + offset) & 0x7FFF if is_long else payload[offset]
    return offset + (2 if is_long else 1)


cdef void shift_counters(u8* payload, const Marking* marking, const SequenceSegment* segment) noexcept nogil:
    """Count on: add to the counters of a packet's copy."""
    cdef u16 picture_id = marking.picture_id + segment.picture_shift
    if marking.picture_bits == 15:
        write_u16(payload + marking.picture_offset, 0x8000 | (picture_id & 0x7FFF))
    elif marking.picture_bits == 7:
        payload[marking.picture_offset] = picture_id & 0x7F
    if marking.tl0_offset:
        payload[marking.tl0_offset] = marking.tl0 + segment.tl0_shift


cdef inline void note_counters(DownTrack* down, const Marking* marking) noexcept nogil:
    """Remember the subscriber's counters after a packet that went out."""
    down.last_picture_id = marking.picture_id + down.picture_shift
    if marking.tl0_offset:
        down.last_tl0 = marking.tl0 + down.tl0_shift


cdef void continue_counters(DownTrack* down, const Marking* marking) noexcept nogil:
    """*marking* is of the begin of another layer: its counters shall follow those of the last packet that went out."""
    if marking.picture_bits:
        down.picture_shift = down.last_picture_id + 1 - marking.picture_id
    if marking.tl0_offset:
        down.tl0_shift = down.last_tl0 + 1 - marking.tl0


cdef inline void count_out(DownTrack* down, const Batched* item) noexcept nogil:
    """A picture of VP8 is left out, with this packet or already with one before."""
    if down.source.codec[item.rtp.payload_type] != CODEC_VP8 or not item.marking.picture_bits:
        return
    if item.marking.picture_id != down.left_out_picture_id:
        down.left_out_picture_id = item.marking.picture_id
        down.picture_shift -= 1
