# From one worker to another: a ring of records with one writer and one reader, and no lock between them. The writer holds its
# own worker's gate, the reader its own; neither ever waits for the other.

cdef Relay* new_relay(int wake_fd) noexcept nogil:
    """NULL if memory or descriptors are short. *wake_fd* rings the reader, -1: nobody is to be rung."""
    cdef Relay* relay = <Relay*>calloc(1, sizeof(Relay))
    if relay == NULL:
        return NULL
    relay.bytes = <u8*>malloc(RELAY_BYTES)
    # A descriptor of our own: the reader may be closed while the writer still rings.
    relay.wake_fd = dup(wake_fd) if wake_fd >= 0 else -1
    if relay.bytes == NULL or relay.wake_fd < 0 <= wake_fd:
        free_relay(relay)
        return NULL
    return relay


cdef void free_relay(Relay* relay) noexcept nogil:
    if relay == NULL:
        return
    if relay.wake_fd >= 0:
        close(relay.wake_fd)
    free(relay.bytes)
    free(relay)


cdef class RelayOwner:
    def __cinit__(self, int wake_fd):
        self.relay = new_relay(wake_fd)
        if self.relay == NULL:
            raise MemoryError("no memory or file descriptors left to connect two workers")

    def __dealloc__(self):
        free_relay(self.relay)


cdef inline void add_relays(State* state, Relay* out, Relay* into) noexcept nogil:
    state.relays_out[state.relay_count] = out
    state.relays_in[state.relay_count] = into
    state.relay_count += 1


# ---------------------------------------------------------------------------------------------------------- writing

cdef u8* relay_reserve(Relay* relay, int kind, u32 handle, int layer, int length) noexcept nogil:
    """Room for *length* bytes of a record that relay_commit will hand over; NULL while the reader lags that far behind."""
    cdef u32 size = record_size(length)
    cdef u32 left = RELAY_BYTES - relay.reserved % RELAY_BYTES
    cdef u32 skipped = left if size > left else 0
    cdef Record* record
    if relay.reserved + skipped + size - atomic_load(&relay.read, ACQUIRE) > RELAY_BYTES:
        return NULL
    if skipped:
        # Records never wrap: the rest of the ring becomes one that says nothing.
        record = relay_record(relay, relay.reserved)
        record.kind = RECORD_FILLER
        record.size = skipped
    record = relay_record(relay, relay.reserved + skipped)
    record.kind = <u16>kind
    record.size = size
    record.handle = handle
    record.layer = <u16>layer
    record.length = <u32>length
    relay.reserved += skipped + size
    return <u8*>record + sizeof(Record)


cdef inline u32 record_size(int length) noexcept nogil:
    """With its head, in whole heads: so that there is always room for the head of a filler."""
    return (<u32>length + 2 * sizeof(Record) - 1) // sizeof(Record) * sizeof(Record)


cdef inline Record* relay_record(const Relay* relay, u64 position) noexcept nogil:
    return <Record*>(relay.bytes + position % RELAY_BYTES)


cdef inline void relay_commit(Relay* relay) noexcept nogil:
    atomic_store(&relay.written, relay.reserved, RELEASE)


cdef void relay_wake(Relay* relay) noexcept nogil:
    """Ring the reader, unless that was done and it has not looked yet."""
    if relay.rung_at == relay.reserved:
        return
    relay.rung_at = relay.reserved
    if atomic_exchange(&relay.is_rung, 1, SEQUENTIAL) == 0 and relay.wake_fd >= 0:
        eventfd_write(relay.wake_fd, 1)


# ---------------------------------------------------------------------------------------------------------- reading

cdef bint read_relay(State* state, Relay* relay, i64 now_us) noexcept nogil:
    """Act on what has been written, but not on so much that commands would wait; True if there is more."""
    cdef u64 position = relay.read
    cdef u64 written
    cdef int count = 0
    cdef Record* record
    atomic_store(&relay.is_rung, 0, SEQUENTIAL)
    written = atomic_load(&relay.written, SEQUENTIAL)
    while position < written and count < RECORDS_PER_TURN:
        record = relay_record(relay, position)
        if state.trace != NULL:
            note_relayed(state, relay, record, now_us)
        on_record(state, relay, record, <u8*>record + sizeof(Record), now_us)
        position += record.size
        count += 1
    if count:
        # The batch points into the ring.
        forward_batch(state, now_us)
        atomic_store(&relay.read, position, RELEASE)
    return position < written


cdef bint read_relays(State* state, i64 now_us) noexcept nogil:
    cdef int index
    cdef bint is_more = False
    for index in range(state.relay_count):
        if state.relays_in[index].read != atomic_load(&state.relays_in[index].written, ACQUIRE):
            is_more |= read_relay(state, state.relays_in[index], now_us)
    return is_more


cdef void wake_relays(State* state) noexcept nogil:
    cdef int index
    for index in range(state.relay_count):
        relay_wake(state.relays_out[index])
