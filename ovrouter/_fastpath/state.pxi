# All that a core has: what it holds from its beginning, and how it is freed with everything in it.

cdef State* new_state() except NULL:
    cdef State* state = <State*>calloc(1, sizeof(State))
    if state == NULL:
        raise MemoryError
    pthread_mutex_init(&state.gate.mutex, NULL)
    pthread_cond_init(&state.gate.turned, NULL)
    state.wake_fd = -1
    state.sending.arena = <u8*>malloc(SEND_BYTES)
    state.sending.messages = <Message*>malloc(SEND_MESSAGES * sizeof(Message))
    state.events.bytes = <u8*>malloc(EVENT_BYTES)
    state.taps.bytes = <u8*>malloc(TAP_BYTES)
    if state.taps.bytes == NULL or state.sending.arena == NULL or state.sending.messages == NULL or state.events.bytes == NULL:
        free_state(state)
        raise MemoryError
    return state


cdef void free_state(State* state) noexcept nogil:
    free_objects(state)
    free(state.by_address.entries)
    free(state.by_ufrag.entries)
    free(state.sending.arena)
    free(state.sending.messages)
    free(state.events.bytes)
    free(state.taps.bytes)
    free_trace(state.trace)
    pthread_cond_destroy(&state.gate.turned)
    pthread_mutex_destroy(&state.gate.mutex)
    free(state)


cdef void free_objects(State* state) noexcept nogil:
    cdef u32 slot
    for slot in range(state.down_tracks.capacity):
        free(state.down_tracks.items[slot])
    for slot in range(state.up_tracks.capacity):
        if state.up_tracks.items[slot] != NULL:
            free_up_track(<UpTrack*>state.up_tracks.items[slot])
    for slot in range(state.transports.capacity):
        if state.transports.items[slot] != NULL:
            free_transport(<Transport*>state.transports.items[slot])
    for slot in range(state.clients.capacity):
        free(state.clients.items[slot])
    free_slots(&state.transports)
    free_slots(&state.up_tracks)
    free_slots(&state.down_tracks)
    free_slots(&state.clients)


cdef void free_slots(Slots* slots) noexcept nogil:
    free(slots.items)
    free(slots.generations)
