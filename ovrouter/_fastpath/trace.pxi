# A trace of a core: all that gets into it, in order, so that the same core can be run over it again. Nothing else reaches
# a core: it reads no clock, no socket and no random numbers, and the addresses of its objects decide nothing.
#
# A record is the length of its body (native u32), its kind (u8), the time (native i64, µs), and the body. Records wait in
# memory for whoever writes them. When there is no room the trace ends with a mark, and the core goes on.

cdef enum:
    # Body: the source's Address, and the datagram.
    TRACE_DATAGRAM = 1
    # The batch left.
    TRACE_FORWARD
    TRACE_TICK
    # Body: which of the relays it came through (u8), the Record and what it holds.
    TRACE_RELAYED
    # Body: repr of (name, arguments, keyword arguments).
    TRACE_COMMAND
    # Body: the Outputs so far; the last two are also the end of the trace.
    TRACE_CHECK
    TRACE_END
    TRACE_FULL
    TRACE_HEAD_BYTES = 4 + 1 + 8
    # Kept free for the record that says why the trace ends.
    TRACE_RESERVE = TRACE_HEAD_BYTES + sizeof(Outputs)


cdef Trace* new_trace(size_t capacity) except NULL:
    """Without *capacity* outputs are counted, and nothing is noted."""
    cdef Trace* trace = <Trace*>calloc(1, sizeof(Trace))
    if trace == NULL:
        raise MemoryError
    trace.capacity = capacity
    trace.has_ended = capacity == 0
    trace.bytes = <u8*>malloc(capacity + 1)
    if trace.bytes == NULL:
        free(trace)
        raise MemoryError
    return trace


cdef void free_trace(Trace* trace) noexcept nogil:
    if trace != NULL:
        free(trace.bytes)
        free(trace)


# ----------------------------------------------------------------------------------------------------------- what comes in

cdef void note_datagram(State* state, const u8* data, int length, const Address* source, i64 now_us) noexcept nogil:
    # Of one that is too long nothing but that counts.
    note(state.trace, TRACE_DATAGRAM, now_us, <const u8*>source, sizeof(Address), data, min(length, MAX_DATAGRAM_BYTES + 1))


cdef void note_relayed(State* state, const Relay* relay, const Record* record, i64 now_us) noexcept nogil:
    cdef u8 index = 0
    if record.kind != RECORD_FILLER:
        while state.relays_in[index] != relay:
            index += 1
        note(state.trace, TRACE_RELAYED, now_us, &index, 1, <const u8*>record, sizeof(Record) + record.length)


cdef inline void note_moment(State* state, u8 kind, i64 now_us) noexcept nogil:
    note(state.trace, kind, now_us, NULL, 0, NULL, 0)


cdef void note_outputs(Trace* trace, u8 kind) noexcept nogil:
    note(trace, kind, 0, <const u8*>&trace.outputs, sizeof(Outputs), NULL, 0)


cdef void note(
    Trace* trace, u8 kind, i64 now_us, const u8* first, size_t first_length, const u8* second, size_t second_length
) noexcept nogil:
    if trace.has_ended:
        return
    if trace.used + TRACE_HEAD_BYTES + first_length + second_length + TRACE_RESERVE > trace.capacity:
        end_trace(trace, TRACE_FULL)
        return
    write_record(trace, kind, now_us, first, first_length, second, second_length)


cdef void end_trace(Trace* trace, u8 kind) noexcept nogil:
    """The last record, which says why there are no more."""
    if not trace.has_ended:
        write_record(trace, kind, 0, <const u8*>&trace.outputs, sizeof(Outputs), NULL, 0)
        trace.has_ended = True


cdef void write_record(
    Trace* trace, u8 kind, i64 now_us, const u8* first, size_t first_length, const u8* second, size_t second_length
) noexcept nogil:
    cdef u32 length = <u32>(first_length + second_length)
    cdef u8* out = trace.bytes + trace.used
    memcpy(out, &length, 4)
    out[4] = kind
    memcpy(out + 5, &now_us, 8)
    out += TRACE_HEAD_BYTES
    if first_length:
        memcpy(out, first, first_length)
    if second_length:
        memcpy(out + first_length, second, second_length)
    trace.used += TRACE_HEAD_BYTES + length


# ---------------------------------------------------------------------------------------------------------- what goes out

cdef void count_datagram(Trace* trace, const Address* to, const u8* data, int length) noexcept nogil:
    trace.outputs.datagrams += 1
    trace.outputs.digest = digest(digest(trace.outputs.digest, <const u8*>to, sizeof(Address)), data, length)


cdef void count_event(Trace* trace, const u8* record, int length) noexcept nogil:
    trace.outputs.events += 1
    trace.outputs.digest = digest(trace.outputs.digest, record, length)


cdef void count_tapped(Trace* trace, u32 handle, const u8* data, int length) noexcept nogil:
    trace.outputs.tapped += 1
    trace.outputs.digest = digest(digest(trace.outputs.digest, <const u8*>&handle, 4), data, length)


cdef u64 digest(u64 value, const u8* data, int length) noexcept nogil:
    """FNV-1a by words of 8 bytes, whose high bits are folded back; to compare runs, not to withstand anybody."""
    cdef u64 word
    cdef int offset = 0
    while offset < length:
        word = 0
        memcpy(&word, data + offset, min(8, length - offset))
        value = (value ^ word) * 1099511628211U
        value ^= value >> 32
        offset += 8
    return (value ^ <u64>length) * 1099511628211U
