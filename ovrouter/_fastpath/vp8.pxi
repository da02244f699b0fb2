# The payload descriptor of VP8 (RFC 7741 section 4.2): picture id and TL0PICIDX, which decoders take for a continuous count.
#
# Simulcast layers count each on their own, so after a switch both go on from where the last layer stopped.

cdef struct Vp8Descriptor:
    # Offsets into the payload, 0: absent.
    int picture_offset
    bint is_picture_long
    int tl0_offset


cdef void find_vp8_counters(const u8* payload, int length, Vp8Descriptor* found) noexcept nogil:
    cdef int offset = 2
    found.picture_offset = found.tl0_offset = 0
    found.is_picture_long = False
    if length < 2 or not payload[0] & 0x80:
        return
    if payload[1] & 0x80:
        if length < 3:
            return
        found.is_picture_long = (payload[2] & 0x80) != 0
        if length < (4 if found.is_picture_long else 3):
            return
        found.picture_offset = 2
        offset = 4 if found.is_picture_long else 3
    if payload[1] & 0x40 and offset < length:
        found.tl0_offset = offset


cdef inline u16 read_picture_id(const u8* payload, const Vp8Descriptor* found) noexcept nogil:
    return read_u16(payload + found.picture_offset) & 0x7FFF if found.is_picture_long else payload[found.picture_offset]


cdef void shift_vp8(u8* payload, int length, u16 picture_shift, u8 tl0_shift) noexcept nogil:
    """Count on: add to both counters of a packet's copy."""
    cdef Vp8Descriptor found
    find_vp8_counters(payload, length, &found)
    if found.picture_offset and found.is_picture_long:
        write_u16(
            payload + found.picture_offset, 0x8000 | ((read_picture_id(payload, &found) + picture_shift) & 0x7FFF)
        )
    elif found.picture_offset:
        payload[found.picture_offset] = (payload[found.picture_offset] + picture_shift) & 0x7F
    if found.tl0_offset:
        payload[found.tl0_offset] += tl0_shift


cdef void note_vp8(DownTrack* down, const Rtp* rtp) noexcept nogil:
    """Remember the subscriber's counters after a packet that went out."""
    cdef const u8* payload = rtp.data + rtp.header_length
    cdef Vp8Descriptor found
    find_vp8_counters(payload, rtp.payload_length, &found)
    if found.picture_offset:
        down.last_picture_id = read_picture_id(payload, &found) + down.picture_shift
    if found.tl0_offset:
        down.last_tl0 = payload[found.tl0_offset] + down.tl0_shift


cdef void continue_vp8(DownTrack* down, const Rtp* rtp) noexcept nogil:
    """*rtp* begins another layer: its counters shall follow those of the last packet that went out."""
    cdef const u8* payload = rtp.data + rtp.header_length
    cdef Vp8Descriptor found
    find_vp8_counters(payload, rtp.payload_length, &found)
    if found.picture_offset:
        down.picture_shift = down.last_picture_id + 1 - read_picture_id(payload, &found)
    if found.tl0_offset:
        down.tl0_shift = down.last_tl0 + 1 - payload[found.tl0_offset]
