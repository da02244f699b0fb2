# STUN Binding requests of ICE connectivity and consent checks (RFC 8489, RFC 8445, RFC 7675).

cdef enum:
    STUN_COOKIE = 0x2112A442
    STUN_FINGERPRINT_XOR = 0x5354554E
    STUN_HEADER_BYTES = 20
    STUN_RESPONSE_BYTES = 88
    STUN_USERNAME = 0x0006
    STUN_MESSAGE_INTEGRITY = 0x0008
    STUN_XOR_MAPPED_ADDRESS = 0x0020
    STUN_USE_CANDIDATE = 0x0025
    STUN_FINGERPRINT = 0x8028

cdef struct StunRequest:
    const u8* username
    int username_length
    int integrity_offset
    bint use_candidate

cdef u32 CRC_TABLE[256]


cdef void fill_crc_table() noexcept nogil:
    """CRC-32 of ITU-T V.42, reflected polynomial."""
    cdef u32 value
    cdef int index, bit
    for index in range(256):
        value = <u32>index
        for bit in range(8):
            value = (value >> 1) ^ (0xEDB88320U if value & 1 else 0U)
        CRC_TABLE[index] = value


cdef u32 crc32(const u8* data, int length) noexcept nogil:
    cdef u32 value = 0xFFFFFFFFU
    cdef int index
    for index in range(length):
        value = (value >> 8) ^ CRC_TABLE[(value ^ data[index]) & 0xFF]
    return value ^ 0xFFFFFFFFU


cdef int parse_stun_request(const u8* data, int length, StunRequest* request) noexcept nogil:
    """Read a Binding request that carries USERNAME and MESSAGE-INTEGRITY; 0, or -1 if it is not one."""
    cdef int offset = STUN_HEADER_BYTES
    cdef int kind, size
    if length < STUN_HEADER_BYTES or length % 4 or read_u16(data) != 0x0001:
        return -1
    if read_u16(data + 2) != length - STUN_HEADER_BYTES or read_u32(data + 4) != STUN_COOKIE:
        return -1
    request.username = NULL
    request.integrity_offset = 0
    request.use_candidate = False
    while offset + 4 <= length:
        kind = read_u16(data + offset)
        size = read_u16(data + offset + 2)
        if offset + 4 + size > length:
            return -1
        if kind == STUN_FINGERPRINT:
            return 0 if is_fingerprint_right(data, length, offset, size) and is_complete(request) else -1
        # Attributes after MESSAGE-INTEGRITY other than FINGERPRINT are not protected: RFC 8489 section 14.5.
        if request.integrity_offset == 0:
            if kind == STUN_USERNAME:
                request.username = data + offset + 4
                request.username_length = size
            elif kind == STUN_MESSAGE_INTEGRITY and size == 20:
                request.integrity_offset = offset
            elif kind == STUN_USE_CANDIDATE:
                request.use_candidate = True
        offset += 4 + ((size + 3) & ~3)
    return 0 if is_complete(request) else -1


cdef inline bint is_complete(const StunRequest* request) noexcept nogil:
    return request.username != NULL and request.integrity_offset != 0


cdef bint is_fingerprint_right(const u8* data, int length, int offset, int size) noexcept nogil:
    return size == 4 and offset + 8 == length and read_u32(data + offset + 4) == (crc32(data, offset) ^ STUN_FINGERPRINT_XOR)


cdef void message_integrity(const u8* data, int length, const u8* key, int key_length, u8* mac) noexcept nogil:
    """HMAC-SHA1 over the first *length* bytes, whose header already counts the attribute."""
    cdef unsigned int mac_length = 20
    hmac(evp_sha1(), key, key_length, data, length, mac, &mac_length)


cdef bint is_integrity_right(const u8* data, const StunRequest* request, const u8* key, int key_length) noexcept nogil:
    """Constant-time comparison; the header length is taken as if MESSAGE-INTEGRITY were the last attribute."""
    cdef u8 text[MAX_DATAGRAM_BYTES]
    cdef u8 mac[20]
    cdef u8 difference = 0
    cdef int index
    memcpy(text, data, request.integrity_offset)
    write_u16(text + 2, request.integrity_offset + 24 - STUN_HEADER_BYTES)
    message_integrity(text, request.integrity_offset, key, key_length, mac)
    for index in range(20):
        difference |= mac[index] ^ data[request.integrity_offset + 4 + index]
    return difference == 0


cdef int write_stun_response(
    const u8* request, const Address* mapped, const u8* key, int key_length, u8* out
) noexcept nogil:
    """A Binding success response to *request* (its transaction id is echoed); returns its length."""
    cdef int ip_length = 16 if mapped.is_ipv6 else 4
    cdef int offset = STUN_HEADER_BYTES
    cdef int index
    write_u16(out, 0x0101)
    memcpy(out + 4, request + 4, 16)
    write_u16(out + offset, STUN_XOR_MAPPED_ADDRESS)
    write_u16(out + offset + 2, 4 + ip_length)
    write_u16(out + offset + 4, 2 if mapped.is_ipv6 else 1)
    write_u16(out + offset + 6, mapped.port ^ (STUN_COOKIE >> 16))
    for index in range(ip_length):
        # X-Address is masked with the cookie followed by the transaction id, which is bytes 4 to 19 of the header.
        out[offset + 8 + index] = mapped.ip[index] ^ request[4 + index]
    offset += 8 + ip_length
    write_u16(out + 2, offset + 24 - STUN_HEADER_BYTES)
    write_u16(out + offset, STUN_MESSAGE_INTEGRITY)
    write_u16(out + offset + 2, 20)
    message_integrity(out, offset, key, key_length, out + offset + 4)
    offset += 24
    write_u16(out + 2, offset + 8 - STUN_HEADER_BYTES)
    write_u16(out + offset, STUN_FINGERPRINT)
    write_u16(out + offset + 2, 4)
    write_u32(out + offset + 4, crc32(out, offset) ^ STUN_FINGERPRINT_XOR)
    return offset + 8
