# Where a keyframe begins, per codec. A packet that lies about its lengths begins nothing.

cdef bint starts_keyframe(int codec, const u8* payload, int length) noexcept nogil:
    """True if a decoder can start at this packet. Codecs without a parser always can (so does audio)."""
    if length <= 0:
        return False
    if codec == CODEC_VP8:
        return starts_vp8_keyframe(payload, length)
    if codec == CODEC_VP9:
        return starts_vp9_keyframe(payload, length)
    if codec == CODEC_H264:
        return starts_h264_keyframe(payload, length)
    if codec == CODEC_AV1:
        # RTP payload format for AV1, section 4.4: N = first packet of a coded video sequence.
        return (payload[0] & 0x08) != 0
    return True


cdef bint starts_vp8_keyframe(const u8* payload, int length) noexcept nogil:
    """RFC 7741 section 4.2 and 4.3: start of partition 0 with the P bit of the frame header clear."""
    cdef int offset = 1
    if (payload[0] & 0x10) == 0 or (payload[0] & 0x07) != 0:
        return False
    if payload[0] & 0x80:
        if length < 2:
            return False
        offset = 2
        if payload[1] & 0x80:
            if length < 3:
                return False
            offset += 2 if payload[2] & 0x80 else 1
        offset += 1 if payload[1] & 0x40 else 0
        offset += 1 if payload[1] & 0x30 else 0
    return offset < length and (payload[offset] & 0x01) == 0


cdef bint starts_vp9_keyframe(const u8* payload, int length) noexcept nogil:
    """RFC 9628 section 4.2: not inter-predicted, beginning of a frame, lowest spatial layer."""
    cdef int offset = 1
    if (payload[0] & 0x40) or not (payload[0] & 0x08):
        return False
    if not payload[0] & 0x20:
        return True
    if payload[0] & 0x80:
        if length < 2:
            return False
        offset += 2 if payload[1] & 0x80 else 1
    return offset < length and ((payload[offset] >> 1) & 0x07) == 0


cdef bint starts_h264_keyframe(const u8* payload, int length) noexcept nogil:
    """RFC 6184: a sequence parameter set (NAL type 7), alone, in a STAP-A (24) or starting a FU-A (28)."""
    cdef int nal_type = payload[0] & 0x1F
    cdef int offset = 1
    cdef int size
    if nal_type == 7:
        return True
    if nal_type == 28:
        return length >= 2 and (payload[1] & 0x80) != 0 and (payload[1] & 0x1F) == 7
    if nal_type != 24:
        return False
    while offset + 3 <= length:
        size = read_u16(payload + offset)
        if size == 0 or offset + 2 + size > length:
            return False
        if (payload[offset + 2] & 0x1F) == 7:
            return True
        offset += 2 + size
    return False
