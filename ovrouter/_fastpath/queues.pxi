# What leaves the core: datagrams for the sockets, and events for Trio.

cdef u8* send_reserve(State* state, int length) noexcept nogil:
    """Room for *length* bytes at the end of the send queue; flushes when it is full. NULL: dropped and counted."""
    cdef SendQueue* queue = &state.sending
    if queue.used + length > SEND_BYTES or queue.count == SEND_MESSAGES:
        if state.flush != NULL:
            state.flush(state.shell)
        if queue.used + length > SEND_BYTES or queue.count == SEND_MESSAGES:
            state.drops[DROP_SEND_QUEUE_FULL] += 1
            return NULL
    return queue.arena + queue.used


cdef void send_commit(State* state, const Address* to, int length) noexcept nogil:
    """The *length* bytes written at the end of the queue are one datagram to *to*.

    Consecutive datagrams of one size to one address share a message (UDP GSO); a shorter one may end it.
    """
    cdef SendQueue* queue = &state.sending
    cdef Message* last
    if state.trace != NULL:
        count_datagram(state.trace, to, queue.arena + queue.used, length)
    if queue.count > 0:
        last = &queue.messages[queue.count - 1]
        if (
            not last.closed
            and length <= last.segment_bytes
            and last.segments < MAX_GSO_SEGMENTS
            and last.length + length <= MAX_GSO_BYTES
            and memcmp(&last.to, to, sizeof(Address)) == 0
        ):
            last.length += length
            last.segments += 1
            last.closed = length < last.segment_bytes
            queue.used += length
            return
    last = &queue.messages[queue.count]
    last.to = to[0]
    last.offset = queue.used
    last.length = length
    last.segment_bytes = <u16>length
    last.segments = 1
    last.closed = False
    queue.count += 1
    queue.used += length


cdef inline void send_clear(SendQueue* queue) noexcept nogil:
    queue.used = 0
    queue.count = 0


cdef void push_event(State* state, u32 kind, u32 handle, const u8* data, int length) noexcept nogil:
    """Records of kind, handle, length (native 32-bit each) and the bytes."""
    cdef EventQueue* queue = &state.events
    cdef u32 head[3]
    if queue.used + 12 + length > EVENT_BYTES:
        state.drops[DROP_EVENT_QUEUE_FULL] += 1
        return
    head[0] = kind
    head[1] = handle
    head[2] = <u32>length
    memcpy(queue.bytes + queue.used, head, 12)
    if length:
        memcpy(queue.bytes + queue.used + 12, data, length)
    if state.trace != NULL:
        count_event(state.trace, queue.bytes + queue.used, 12 + length)
    queue.used += 12 + length
    queue.count += 1
