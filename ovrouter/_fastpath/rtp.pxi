# RTP packets: parsing (RFC 3550 section 5.1), header extensions (RFC 8285), payload types that share the RTCP range (RFC 5761).

cdef inline bint is_rtcp(const u8* data, int length) noexcept nogil:
    return length >= 2 and 192 <= data[1] <= 223


cdef int parse_rtp(u8* data, int length, Rtp* rtp) noexcept nogil:
    """Fill *rtp* from *data*; 0, or -1 if the packet is not valid RTP."""
    cdef int offset, extension_end, padding
    if length < 12 or (data[0] >> 6) != 2:
        return -1
    offset = 12 + 4 * (data[0] & 0x0F)
    if offset > length:
        return -1
    rtp.data = data
    rtp.length = length
    rtp.marker = data[1] >> 7
    rtp.payload_type = data[1] & 0x7F
    rtp.sequence_u16 = read_u16(data + 2)
    rtp.timestamp = read_u32(data + 4)
    rtp.ssrc = read_u32(data + 8)
    rtp.extension_count = 0
    if data[0] & 0x10:
        if offset + 4 > length:
            return -1
        extension_end = offset + 4 + 4 * read_u16(data + offset + 2)
        if extension_end > length:
            return -1
        parse_extensions(rtp, read_u16(data + offset), offset + 4, extension_end)
        offset = extension_end
    else:
        rtp.extensions_end = offset
    rtp.header_length = offset
    padding = 0
    if data[0] & 0x20:
        if offset >= length:
            return -1
        padding = data[length - 1]
        if padding == 0 or offset + padding > length:
            return -1
    rtp.payload_length = length - offset - padding
    return 0


cdef void parse_extensions(Rtp* rtp, u16 profile, int offset, int end) noexcept nogil:
    """Note the elements between *offset* and *end*; stop at the first one that lies about its length."""
    cdef u8* data = rtp.data
    cdef u8 element_id
    cdef int length, head
    rtp.has_two_byte_extensions = (profile & 0xFFF0) == 0x1000
    if profile != 0xBEDE and not rtp.has_two_byte_extensions:
        rtp.extensions_end = end
        return
    rtp.extensions_end = offset
    while offset < end and rtp.extension_count < MAX_EXTENSIONS:
        if data[offset] == 0:
            offset += 1
            continue
        if rtp.has_two_byte_extensions:
            if offset + 2 > end:
                return
            element_id, length, head = data[offset], data[offset + 1], 2
        else:
            element_id, length, head = data[offset] >> 4, (data[offset] & 0x0F) + 1, 1
            if element_id == 15:
                return
        if offset + head + length > end:
            return
        rtp.extension_id[rtp.extension_count] = element_id
        rtp.extension_offset[rtp.extension_count] = <u16>(offset + head)
        rtp.extension_length[rtp.extension_count] = <u8>length
        rtp.extension_count += 1
        offset += head + length
        rtp.extensions_end = offset


cdef int find_extension(const Rtp* rtp, u8 element_id) noexcept nogil:
    """Index of the element, or -1; id 0 is never found."""
    cdef int index
    for index in range(rtp.extension_count):
        if rtp.extension_id[index] == element_id:
            return index
    return -1


cdef void renumber_extensions(const Rtp* rtp, u8* copy, const u8* new_ids) noexcept nogil:
    """Give the elements of *copy* (a copy of rtp.data) the subscriber's ids.

    What it does not know becomes padding, and so does what was not read: the publisher's ids mean something else to it.
    """
    cdef int index, start, length
    cdef u8 element_id, new_id
    for index in range(rtp.extension_count):
        element_id = rtp.extension_id[index]
        new_id = new_ids[element_id] if element_id < 16 else 0
        start = rtp.extension_offset[index]
        length = rtp.extension_length[index]
        if rtp.has_two_byte_extensions:
            if new_id:
                copy[start - 2] = new_id
            else:
                memset(copy + start - 2, 0, length + 2)
        elif new_id and new_id < 15:
            copy[start - 1] = <u8>((new_id << 4) | (length - 1))
        else:
            memset(copy + start - 1, 0, length + 1)
    memset(copy + rtp.extensions_end, 0, rtp.header_length - rtp.extensions_end)


cdef int append_extension(u8* header, int header_length, u8 element_id, u16 value) noexcept nogil:
    """Add an element of two bytes to a header with room for eight more; returns its new length.

    A header whose extension block has another form than RFC 8285's stays as it is.
    """
    cdef int block = 12 + 4 * (header[0] & 0x0F)
    cdef u16 profile
    if not header[0] & 0x10:
        header[0] |= 0x10
        write_u32(header + block, 0xBEDE0000)
        header_length += 4
    profile = read_u16(header + block)
    if profile == 0xBEDE:
        header[header_length] = <u8>((element_id << 4) | 1)
        write_u16(header + header_length + 1, value)
        header[header_length + 3] = 0
    elif (profile & 0xFFF0) == 0x1000:
        header[header_length] = element_id
        header[header_length + 1] = 2
        write_u16(header + header_length + 2, value)
    else:
        return header_length
    write_u16(header + block + 2, read_u16(header + block + 2) + 1)
    return header_length + 4
