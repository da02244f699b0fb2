# A core that runs over a trace: it gets what another one got, and counts what it would send.

cdef enum:
    REPLAY_SLOT_BYTES = MAX_DATAGRAM_BYTES + SRTP_MAX_TRAILER_BYTES
    # A batch points into the buffers of its packets until it leaves.
    REPLAY_SLOTS = BATCH_PACKETS + 1


cdef class Replay(Core):
    def __cinit__(self, *args, **kwargs):
        self.slots = <u8*>malloc(REPLAY_SLOTS * REPLAY_SLOT_BYTES)
        if self.slots == NULL:
            raise MemoryError
        self.state.trace = new_trace(0)
        self.state.flush = discard
        self.state.shell = self.state

    def __dealloc__(self):
        free(self.slots)

    def feed(self, u8 kind, i64 now_us, const u8[::1] body not None):
        # Without passing the gate, which would let the batch leave when it did not.
        if kind == TRACE_DATAGRAM:
            self.feed_datagram(body, now_us)
        elif kind == TRACE_FORWARD:
            forward_batch(self.state, now_us)
        elif kind == TRACE_TICK:
            tick(self.state, now_us)
        elif kind == TRACE_RELAYED:
            self.feed_relayed(body, now_us)
        else:
            raise ValueError(f"{kind} is no kind of input")

    cdef int feed_datagram(self, const u8[::1] body, i64 now_us) except -1:
        cdef Address source
        cdef ssize_t length = body.shape[0] - <ssize_t>sizeof(Address)
        cdef u8* data = self.slots + self.slot * REPLAY_SLOT_BYTES
        cdef int batched = self.state.batch_count
        if not 0 <= length <= MAX_DATAGRAM_BYTES + 1:
            raise ValueError("a datagram has a source and at most 2048 bytes")
        memcpy(&source, &body[0], sizeof(Address))
        if length:
            memcpy(data, &body[sizeof(Address)], length)
        on_datagram(self.state, data, <int>length, &source, now_us)
        if self.state.batch_count != batched:
            self.slot = (self.slot + 1) % REPLAY_SLOTS
        return 0

    cdef int feed_relayed(self, const u8[::1] body, i64 now_us) except -1:
        cdef ssize_t length = body.shape[0] - 1
        cdef Record* record = <Record*>(self.slots + self.slot * REPLAY_SLOT_BYTES)
        cdef int batched = self.state.batch_count
        cdef int index
        if not <ssize_t>sizeof(Record) <= length <= REPLAY_SLOT_BYTES or body[0] >= self.state.relay_count:
            raise ValueError("a record has a head and comes through a relay")
        memcpy(record, &body[1], length)
        if record.length != length - sizeof(Record) or not is_record_sound(record):
            raise ValueError("a record of another worker is not as it was written")
        on_record(self.state, self.state.relays_in[body[0]], record, <u8*>record + sizeof(Record), now_us)
        if self.state.batch_count != batched:
            self.slot = (self.slot + 1) % REPLAY_SLOTS
        return 0

    def outputs(self):
        return <bytes>(<const u8*>&self.state.trace.outputs)[: sizeof(Outputs)]


cdef bint is_record_sound(const Record* record) noexcept nogil:
    """Workers trust each other; a file is not to be trusted."""
    cdef const u8* body = <const u8*>record + sizeof(Record)
    if record.kind == RECORD_BINDING:
        return record.length == sizeof(Binding) and 0 < (<const Binding*>body).layer_count <= MAX_LAYERS
    if record.kind == RECORD_AUDIENCE:
        return record.length == sizeof(Audience) and 0 <= (<const Audience*>body).narrow_count <= MAX_NARROW
    if record.kind == RECORD_REPORT and record.length != sizeof(Report):
        return False
    return record.layer < MAX_LAYERS and record.length <= MAX_DATAGRAM_BYTES


cdef void discard(void* state_pointer) noexcept nogil:
    """The flush of a replay."""
    send_clear(&(<State*>state_pointer).sending)
