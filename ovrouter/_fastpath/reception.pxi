# Receiver statistics of one SSRC (RFC 3550 sections 6.4.1, A.3, A.8) and the sender report that gives it wall-clock time.

cdef i64 reception_extend(const Reception* reception, u16 sequence_u16) noexcept nogil:
    """The packet's extended number; numbering starts at 2^16 so that late packets before the first stay positive."""
    if not reception.started:
        return 65536 + sequence_u16
    return extend_u16(reception.highest_sequence, sequence_u16)


cdef void reception_add(
    Reception* reception, i64 sequence, u32 timestamp, int length, u32 clock_rate, i64 now_us
) noexcept nogil:
    cdef i64 transit, difference
    if not reception.started:
        reception.started = True
        reception.first_sequence = sequence
        reception.highest_sequence = sequence
    elif sequence > reception.highest_sequence:
        reception.highest_sequence = sequence
    reception.packets += 1
    reception.bytes += length
    transit = <i64>(<u32>(now_us * clock_rate // 1000000) - timestamp)
    if reception.packets > 1:
        difference = <int><u32>(transit - reception.last_transit)
        reception.jitter += ((-difference if difference < 0 else difference) - reception.jitter) / 16.0
    reception.last_transit = transit


cdef void reception_note_sender_report(Reception* reception, u64 ntp, u32 timestamp, i64 now_us) noexcept nogil:
    reception.has_sender_report = True
    reception.sender_ntp = ntp
    reception.sender_timestamp = timestamp
    reception.sender_report_us = now_us


cdef void write_report_block(Reception* reception, u32 ssrc, i64 now_us, u8* out) noexcept nogil:
    """24 bytes of RFC 3550 section 6.4.1; closes the interval for which the loss fraction counts."""
    cdef i64 expected = reception.highest_sequence - reception.first_sequence + 1
    cdef i64 lost = max(0, min(expected - <i64>reception.packets, 0x7FFFFF))
    cdef i64 expected_now = expected - reception.expected_before
    cdef i64 lost_now = expected_now - <i64>(reception.packets - reception.packets_before)
    cdef u32 fraction = 0
    cdef double delay_s
    if expected_now > 0 and lost_now > 0:
        fraction = <u32>min((lost_now << 8) // expected_now, 255)
    reception.fraction_lost = <u8>fraction
    reception.expected_before = expected
    reception.packets_before = reception.packets
    write_u32(out, ssrc)
    write_u32(out + 4, (fraction << 24) | <u32>lost)
    write_u32(out + 8, <u32>reception.highest_sequence - 65536)
    write_u32(out + 12, <u32>reception.jitter)
    write_u64(out + 16, 0)
    if reception.has_sender_report:
        delay_s = (now_us - reception.sender_report_us) / 1e6
        write_u32(out + 16, <u32>(reception.sender_ntp >> 16))
        write_u32(out + 20, <u32>(min(delay_s, 65535.0) * 65536.0))


cdef inline u64 ntp_after(u64 ntp, i64 elapsed_us) noexcept nogil:
    """A 32.32 fixed-point NTP time later by *elapsed_us*."""
    return ntp + (<u64>(elapsed_us // 1000000) << 32) + ((<u64>(elapsed_us % 1000000) << 32) // 1000000)
