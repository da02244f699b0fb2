# Taps: transports whose peer is a local consumer. Plain RTP and sender reports leave over a connected Unix socket that keeps
# message borders (SOCK_SEQPACKET), after the network's packets have left. A consumer that does not keep up loses packets.

cdef enum:
    # Descriptors start at 0, so a transport that is no tap has this one.
    NO_TAP = -1


cdef inline bint is_tap(const Transport* transport) noexcept nogil:
    return transport.tap_fd != NO_TAP


cdef u8* tap_reserve(State* state, int length) noexcept nogil:
    """Room for *length* bytes at the end of the tap queue; what waits there is sent when it is full."""
    cdef TapQueue* queue = &state.taps
    if queue.used + length > TAP_BYTES or queue.count == TAP_MESSAGES:
        flush_taps(state)
    return queue.bytes + queue.used


cdef void tap_commit(State* state, Transport* transport, int length) noexcept nogil:
    """The *length* bytes written at the end of the queue are one message of *transport*."""
    cdef TapQueue* queue = &state.taps
    if state.trace != NULL:
        count_tapped(state.trace, transport.handle, queue.bytes + queue.used, length)
    queue.iov[queue.count].iov_base = queue.bytes + queue.used
    queue.iov[queue.count].iov_len = length
    queue.owners[queue.count] = transport
    queue.count += 1
    queue.used += length
    transport.sent_packets += 1
    transport.sent_bytes += length


cdef void flush_taps(State* state) noexcept nogil:
    """Hand over what waits, consumer after consumer."""
    cdef TapQueue* queue = &state.taps
    cdef int first = 0
    cdef int past
    while first < queue.count:
        past = first + 1
        while past < queue.count and queue.owners[past] == queue.owners[first]:
            past += 1
        send_to_tap(state, queue, first, past)
        first = past
    queue.count = 0
    queue.used = 0


cdef void send_to_tap(State* state, TapQueue* queue, int first, int past) noexcept nogil:
    """One sendmmsg; what the socket has no room for is dropped, and a consumer that is gone gets nothing any more."""
    cdef Transport* transport = queue.owners[first]
    cdef mmsghdr messages[TAP_MESSAGES]
    cdef int index
    cdef int sent = 0
    if not transport.is_tap_gone:
        memset(messages, 0, (past - first) * sizeof(mmsghdr))
        for index in range(first, past):
            messages[index - first].msg_hdr.msg_iov = &queue.iov[index]
            messages[index - first].msg_hdr.msg_iovlen = 1
        sent = sendmmsg(transport.tap_fd, messages, past - first, MSG_DONTWAIT | MSG_NOSIGNAL)
        if sent < 0:
            transport.is_tap_gone = errno not in (EAGAIN, ENOBUFS, EINTR)
            sent = 0
    transport.tap_drops += past - first - sent
    state.drops[DROP_TAP_FULL] += past - first - sent
