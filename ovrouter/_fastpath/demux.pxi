# The first byte decides what a datagram is (RFC 7983); only STUN may come from an address that is not validated.

cdef void on_datagram(State* state, u8* data, int length, const Address* source, i64 now_us) noexcept nogil:
    cdef Transport* transport
    if state.trace != NULL:
        note_datagram(state, data, length, source, now_us)
    if length == 0:
        state.drops[DROP_EMPTY] += 1
        return
    if length > MAX_DATAGRAM_BYTES:
        state.drops[DROP_TOO_LONG] += 1
        return
    if data[0] < 4:
        on_stun(state, data, length, source, now_us)
        return
    transport = find_source(state, source)
    if transport == NULL:
        state.drops[DROP_UNVALIDATED_SOURCE] += 1
        return
    transport.received_packets += 1
    transport.received_bytes += length
    if 128 <= data[0] <= 191:
        on_protected(state, transport, data, length, now_us)
    elif 20 <= data[0] <= 63:
        push_event(state, EVENT_DTLS, transport.handle, data, length)
    else:
        state.drops[DROP_UNKNOWN_PROTOCOL] += 1


cdef inline void on_protected(State* state, Transport* transport, u8* data, int length, i64 now_us) noexcept nogil:
    if not transport.is_ready:
        state.drops[DROP_NOT_READY] += 1
    elif is_rtcp(data, length):
        on_rtcp(state, transport, data, length, now_us)
    else:
        state.received_packets += 1
        on_rtp(state, transport, data, length, now_us)


cdef enum:
    TICK_US = 10000
    # A tenth of the transports is looked after in each tick, so each of them every 100 ms.
    TICK_PHASES = 10


cdef void tick(State* state, i64 now_us) noexcept nogil:
    """Timers: consent, reports, keyframe and NACK repeats. Call it at least every TICK_US; early calls do nothing."""
    cdef u32 slot
    cdef Transport* transport
    if now_us - state.ticked_us < TICK_US:
        return
    if state.trace != NULL:
        note_moment(state, TRACE_TICK, now_us)
    state.ticked_us = now_us
    state.tick_phase = (state.tick_phase + 1) % TICK_PHASES
    slot = state.tick_phase
    while slot < state.transports.capacity:
        transport = <Transport*>state.transports.items[slot]
        if transport != NULL:
            expire_consent(state, transport, now_us)
            report(state, transport, now_us)
            refill_budgets(transport)
        slot += TICK_PHASES
    for slot in range(state.up_tracks.capacity):
        if state.up_tracks.items[slot] != NULL:
            tick_up_track(state, <UpTrack*>state.up_tracks.items[slot], now_us)
    for slot in range(state.clients.capacity):
        if state.clients.items[slot] != NULL:
            allocate(state, <Client*>state.clients.items[slot], now_us)


cdef void tick_up_track(State* state, UpTrack* track, i64 now_us) noexcept nogil:
    cdef int layer
    for layer in range(track.layer_count):
        measure_layer(&track.layers[layer], now_us)
    ask_publisher(state, track, now_us)
    if track.origin != NULL:
        tell_audience(track, now_us)
    elif track.has_narrowed and track.transport != NULL:
        track.has_narrowed = False
        hurry_bitrate_cap(state, track.transport)
    catch_up(state, track, now_us)


cdef inline void refill_budgets(Transport* transport) noexcept nogil:
    cdef int index
    cdef DownTrack* down
    for index in range(transport.down_count):
        down = transport.downs[index]
        down.retransmit_budget = RETRANSMITS_PER_TICK
        down.keyframe_credit_us = min(down.keyframe_credit_us + TICK_PHASES * TICK_US, <i64>KEYFRAME_CREDIT_US)
