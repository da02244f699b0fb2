# RTCP messages: writing (the callers protect and send them) and walking compounds. RFC 3550, 4585, 5104, REMB draft.

cdef enum:
    RTCP_SR = 200
    RTCP_RR = 201
    RTCP_SDES = 202
    RTCP_BYE = 203
    RTCP_RTPFB = 205
    RTCP_PSFB = 206
    FMT_NACK = 1
    FMT_PLI = 1
    FMT_FIR = 4
    FMT_AFB = 15
    # Messages read of one compound; browsers send a handful.
    MAX_RTCP_MESSAGES = 64
    RTCP_BYTES = 1200


cdef int finish_rtcp(u8* out, int length, int count, int packet_type) noexcept nogil:
    """Pad with zeros to a multiple of four and write the header; returns the final length."""
    while length % 4:
        out[length] = 0
        length += 1
    out[0] = <u8>(0x80 | count)
    out[1] = <u8>packet_type
    write_u16(out + 2, length // 4 - 1)
    return length


cdef int write_pli(u8* out, u32 sender_ssrc, u32 media_ssrc) noexcept nogil:
    write_u32(out + 4, sender_ssrc)
    write_u32(out + 8, media_ssrc)
    return finish_rtcp(out, 12, FMT_PLI, RTCP_PSFB)


cdef int write_fir(u8* out, u32 sender_ssrc, u32 media_ssrc, u8 command) noexcept nogil:
    write_u32(out + 4, sender_ssrc)
    write_u32(out + 8, 0)
    write_u32(out + 12, media_ssrc)
    write_u32(out + 16, <u32>command << 24)
    return finish_rtcp(out, 20, FMT_FIR, RTCP_PSFB)


cdef int write_nack(u8* out, u32 sender_ssrc, u32 media_ssrc, const u16* sequences, int count) noexcept nogil:
    """Generic NACK; *sequences* ascend, so a packet id and its 16-bit mask cover up to seventeen of them."""
    cdef int offset = 12
    cdef int index = 0
    cdef u16 packet_id, mask, distance
    write_u32(out + 4, sender_ssrc)
    write_u32(out + 8, media_ssrc)
    while index < count:
        packet_id = sequences[index]
        mask = 0
        index += 1
        while index < count:
            distance = <u16>(sequences[index] - packet_id)
            if not 1 <= distance <= 16:
                break
            mask |= <u16>(1 << (distance - 1))
            index += 1
        write_u16(out + offset, packet_id)
        write_u16(out + offset + 2, mask)
        offset += 4
    return finish_rtcp(out, offset, FMT_NACK, RTCP_RTPFB)


cdef int write_remb(u8* out, u32 sender_ssrc, u64 bitrate_bps, const u32* ssrcs, int count) noexcept nogil:
    """draft-alvestrand-rmcat-remb-03: bitrate as an 18-bit mantissa and a 6-bit exponent."""
    cdef u32 exponent = 0
    cdef int index
    while bitrate_bps >> exponent > 0x3FFFF:
        exponent += 1
    write_u32(out + 4, sender_ssrc)
    write_u32(out + 8, 0)
    memcpy(out + 12, b"REMB", 4)
    write_u32(out + 16, (<u32>count << 24) | (exponent << 18) | <u32>(bitrate_bps >> exponent))
    for index in range(count):
        write_u32(out + 20 + 4 * index, ssrcs[index])
    return finish_rtcp(out, 20 + 4 * count, FMT_AFB, RTCP_PSFB)


cdef int write_cname(u8* out, u32 ssrc, const u8* cname, int length) noexcept nogil:
    """SDES with a CNAME, which ties the tracks of one publisher together."""
    write_u32(out + 4, ssrc)
    out[8] = 1
    out[9] = <u8>length
    memcpy(out + 10, cname, length)
    # The item list ends with at least one zero.
    out[10 + length] = 0
    return finish_rtcp(out, 11 + length, 1, RTCP_SDES)


cdef inline int next_rtcp(const u8* data, int length) noexcept nogil:
    """Length of the message at *data*, or -1 if it does not fit into *length*."""
    cdef int size
    if length < 4 or (data[0] >> 6) != 2:
        return -1
    size = 4 * (read_u16(data + 2) + 1)
    return size if size <= length else -1
