# Which packets of a layer are missing, and when to ask for them (RFC 4585 section 6.2.1).

cdef enum:
    # About one round trip of a usual access line: asking again sooner brings duplicates.
    NACK_RETRY_US = 60000
    NACK_TRIES = 10
    # A larger hole is an outage: a keyframe is cheaper than its packets.
    NACK_MAX_GAP = 200
    NACK_MAX_PER_MESSAGE = 64


cdef bint nack_note_gap(NackGenerator* nack, i64 first, i64 past_last, i64 now_us) noexcept nogil:
    """*first* up to but not including *past_last* did not arrive. False if too much is missing: ask for a keyframe."""
    cdef i64 sequence
    if past_last - first > NACK_MAX_GAP or nack.count + (past_last - first) > MAX_MISSING:
        nack.count = 0
        return False
    for sequence in range(first, past_last):
        nack.missing[nack.count].sequence = sequence
        nack.missing[nack.count].next_us = now_us
        nack.missing[nack.count].tries = 0
        nack.count += 1
    return True


cdef void nack_note_arrival(NackGenerator* nack, i64 sequence) noexcept nogil:
    cdef int index
    for index in range(nack.count):
        if nack.missing[index].sequence == sequence:
            nack_forget(nack, index)
            return


cdef inline void nack_forget(NackGenerator* nack, int index) noexcept nogil:
    # Order matters to the reader of the message (ascending numbers pack tighter), so close the gap.
    nack.count -= 1
    memmove(&nack.missing[index], &nack.missing[index + 1], (nack.count - index) * sizeof(Missing))


cdef int nack_due(NackGenerator* nack, i64 now_us, u16* sequences) noexcept nogil:
    """Write up to NACK_MAX_PER_MESSAGE numbers to ask for now; returns how many. Gives up on the hopeless."""
    cdef int index = 0
    cdef int count = 0
    cdef Missing* missing
    while index < nack.count and count < NACK_MAX_PER_MESSAGE:
        missing = &nack.missing[index]
        if missing.next_us <= now_us:
            if missing.tries >= NACK_TRIES:
                nack_forget(nack, index)
                continue
            sequences[count] = <u16>missing.sequence
            count += 1
            missing.tries += 1
            missing.next_us = now_us + NACK_RETRY_US
        index += 1
    return count
