# Big-endian numbers in packets, and sequence-number arithmetic.

cdef inline u16 read_u16(const u8* p) noexcept nogil:
    return <u16>((p[0] << 8) | p[1])


cdef inline u32 read_u24(const u8* p) noexcept nogil:
    return (<u32>p[0] << 16) | (<u32>p[1] << 8) | p[2]


cdef inline u32 read_u32(const u8* p) noexcept nogil:
    return (<u32>p[0] << 24) | (<u32>p[1] << 16) | (<u32>p[2] << 8) | p[3]


cdef inline u64 read_u64(const u8* p) noexcept nogil:
    return (<u64>read_u32(p) << 32) | read_u32(p + 4)


cdef inline void write_u16(u8* p, u32 value) noexcept nogil:
    p[0] = <u8>(value >> 8)
    p[1] = <u8>value


cdef inline void write_u24(u8* p, u32 value) noexcept nogil:
    p[0] = <u8>(value >> 16)
    write_u16(p + 1, value)


cdef inline void write_u32(u8* p, u32 value) noexcept nogil:
    write_u16(p, value >> 16)
    write_u16(p + 2, value)


cdef inline void write_u64(u8* p, u64 value) noexcept nogil:
    write_u32(p, <u32>(value >> 32))
    write_u32(p + 4, <u32>value)


cdef inline i64 extend_u16(i64 reference, u16 value) noexcept nogil:
    """The 64-bit number nearest to *reference* whose low 16 bits are *value*."""
    return reference + <i16><u16>(value - <u16>reference)
