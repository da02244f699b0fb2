# Transport-wide congestion control feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01).

cdef enum:
    # Packets per feedback: 2 status bits and at most 2 delta bytes each stay within 1,100 bytes.
    TWCC_MAX_REPORTED = 420


cdef void twcc_add(TwccReceiver* twcc, u16 sequence_u16, i64 now_us) noexcept nogil:
    cdef i64 sequence
    if not twcc.started:
        twcc.started = True
        twcc.next_sequence = twcc.highest_sequence = 65536 + sequence_u16
    sequence = extend_u16(twcc.highest_sequence, sequence_u16)
    if sequence < twcc.next_sequence or sequence - twcc.next_sequence >= 4 * TWCC_WINDOW:
        # Already reported as lost, or a jump that no network makes.
        if sequence > twcc.next_sequence:
            twcc.started = False
        return
    if sequence - twcc.next_sequence >= TWCC_WINDOW:
        twcc_skip(twcc, sequence - TWCC_WINDOW + 1)
    twcc.arrival_us[sequence % TWCC_WINDOW] = now_us
    twcc.highest_sequence = max(twcc.highest_sequence, sequence)


cdef void twcc_skip(TwccReceiver* twcc, i64 past_last) noexcept nogil:
    """Forget everything before *past_last*."""
    while twcc.next_sequence < past_last:
        twcc.arrival_us[twcc.next_sequence % TWCC_WINDOW] = 0
        twcc.next_sequence += 1


cdef int write_twcc_feedback(TwccReceiver* twcc, u32 sender_ssrc, u32 media_ssrc, u8* out) noexcept nogil:
    """One feedback packet for what came since the last; returns its length, 0 if there is nothing to report.

    *out* must hold 1,200 bytes. Status chunks are 2-bit vectors: they never lie and cost two bytes per seven packets.
    """
    cdef i64 first = twcc.next_sequence
    cdef i64 past_last, sequence, reference, previous, delta
    cdef u8 deltas[2 * TWCC_MAX_REPORTED]
    cdef u8 statuses[TWCC_MAX_REPORTED + 7]
    cdef int count = 0
    cdef int delta_length = 0
    cdef int offset, index
    if not twcc.started:
        return 0
    while first <= twcc.highest_sequence and twcc.arrival_us[first % TWCC_WINDOW] == 0:
        first += 1
    if first > twcc.highest_sequence:
        return 0
    # The run begins with what was lost before the first arrival, as long as it fits.
    sequence = max(twcc.next_sequence, first - TWCC_MAX_REPORTED // 2)
    past_last = min(twcc.highest_sequence + 1, sequence + TWCC_MAX_REPORTED)
    twcc_skip(twcc, sequence)
    first = sequence
    reference = find_reference(twcc, first, past_last)
    previous = reference * 256
    while sequence < past_last:
        statuses[count] = 0
        if twcc.arrival_us[sequence % TWCC_WINDOW]:
            delta = twcc.arrival_us[sequence % TWCC_WINDOW] // 250 - previous
            if not -32768 <= delta <= 32767:
                break
            previous += delta
            if 0 <= delta <= 255:
                statuses[count] = 1
                deltas[delta_length] = <u8>delta
                delta_length += 1
            else:
                statuses[count] = 2
                write_u16(deltas + delta_length, <u16>delta)
                delta_length += 2
        count += 1
        sequence += 1
    twcc_skip(twcc, first + count)
    memset(statuses + count, 0, 7)
    write_u32(out + 4, sender_ssrc)
    write_u32(out + 8, media_ssrc)
    write_u16(out + 12, <u16>first)
    write_u16(out + 14, count)
    write_u24(out + 16, <u32>(reference & 0xFFFFFF))
    out[19] = twcc.feedback_count
    twcc.feedback_count += 1
    offset = 20
    for index in range(0, count, 7):
        write_u16(out + offset, status_vector(statuses + index))
        offset += 2
    memcpy(out + offset, deltas, delta_length)
    return finish_rtcp(out, offset + delta_length, 15, 205)


cdef inline u32 status_vector(const u8* statuses) noexcept nogil:
    """Seven 2-bit symbols behind the bits 11: section 3.1.4."""
    cdef u32 chunk = 0xC000
    cdef int index
    for index in range(7):
        chunk |= <u32>statuses[index] << (12 - 2 * index)
    return chunk


cdef i64 find_reference(const TwccReceiver* twcc, i64 first, i64 past_last) noexcept nogil:
    """Reference time of the run in multiples of 64 ms: that of its first arrival."""
    cdef i64 sequence
    for sequence in range(first, past_last):
        if twcc.arrival_us[sequence % TWCC_WINDOW]:
            return twcc.arrival_us[sequence % TWCC_WINDOW] // 64000
    return 0
