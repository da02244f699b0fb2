# Who holds whom: transports and their clients, tracks and their subscribers; and who is freed with whom.

cdef SendHistory* new_history(u8 extension) except NULL:
    cdef SendHistory* history = <SendHistory*>calloc(1, sizeof(SendHistory))
    if history == NULL:
        raise MemoryError
    history.extension = extension
    history.next_sequence = 65536
    return history


cdef DownTrack* new_down_track(u32 ssrc, u32 rtx_ssrc) except NULL:
    """Takes no payload type yet, and everything of each."""
    cdef DownTrack* down = <DownTrack*>calloc(1, sizeof(DownTrack))
    if down == NULL:
        raise MemoryError
    down.ssrc = ssrc
    down.rtx_ssrc = rtx_ssrc
    down.retransmit_budget = RETRANSMITS_PER_TICK
    down.keyframe_credit_us = KEYFRAME_CREDIT_US
    down.target = TOP_POINT
    memset(down.payload_type, NO_PAYLOAD_TYPE, 128)
    memset(down.rtx_payload_type, NO_PAYLOAD_TYPE, 128)
    down.padding_payload_type = NO_PAYLOAD_TYPE
    return down


cdef int enter_client(State* state, Transport* transport, u64 key) except -1:
    """Raises MemoryError and changes nothing."""
    cdef Client* client = find_client(state, key)
    if client == NULL:
        client = <Client*>calloc(1, sizeof(Client))
        if client == NULL:
            raise MemoryError
        client.handle = slots_add(&state.clients, client)
        if client.handle == 0:
            free(client)
            raise MemoryError("no room for another client")
        client.key = key
    transport.client = client
    transport.next_of_client = client.transports
    client.transports = transport
    return 0


cdef Client* find_client(State* state, u64 key) noexcept nogil:
    cdef u32 slot
    cdef Client* client
    for slot in range(state.clients.capacity):
        client = <Client*>state.clients.items[slot]
        if client != NULL and client.key == key:
            return client
    return NULL


cdef void leave_client(State* state, Transport* transport) noexcept nogil:
    """The transport is on its own again; the last one to leave takes the client with it."""
    cdef Client* client = transport.client
    cdef Transport** link
    if client == NULL:
        return
    link = &client.transports
    while link[0] != transport:
        link = &link[0].next_of_client
    link[0] = transport.next_of_client
    transport.client = NULL
    free(transport.history)
    transport.history = NULL
    if client.transports == NULL:
        slots_remove(&state.clients, client.handle)
        free(client)


cdef int subscribe(State* state, DownTrack* down, UpTrack* track, Transport* transport) except -1:
    """Hang *down* between its source and its transport. Raises MemoryError and changes nothing."""
    cdef DownTrack** downs
    cdef int capacity
    if track.down_count == track.down_capacity:
        capacity = max(4, 2 * track.down_capacity)
        downs = <DownTrack**>realloc(track.downs, capacity * sizeof(DownTrack*))
        if downs == NULL:
            raise MemoryError
        track.downs, track.down_capacity = downs, capacity
    down.handle = slots_add(&state.down_tracks, down)
    if down.handle == 0:
        raise MemoryError("no room for another track")
    down.source = track
    down.transport = transport
    track.downs[track.down_count] = down
    track.down_count += 1
    transport.downs[transport.down_count] = down
    transport.down_count += 1
    return 0


cdef void remove_down(State* state, DownTrack* down) noexcept nogil:
    end_catch_up(down)
    take_out(<void**>down.source.downs, &down.source.down_count, down)
    take_out(<void**>down.transport.downs, &down.transport.down_count, down)
    slots_remove(&state.down_tracks, down.handle)
    free(down)


cdef void attach(UpTrack* track, Transport* transport) noexcept nogil:
    track.transport = transport
    transport.ups[transport.up_count] = track
    transport.up_count += 1


cdef void detach(UpTrack* track) noexcept nogil:
    """The track loses its transport and the transport its SSRCs; subscribers stay and wait."""
    cdef Transport* transport = track.transport
    cdef int index = 0
    if transport == NULL:
        return
    take_out(<void**>transport.ups, &transport.up_count, track)
    while index < transport.ssrc_count:
        if transport.ssrcs[index].track == track:
            transport.ssrc_count -= 1
            transport.ssrcs[index] = transport.ssrcs[transport.ssrc_count]
        else:
            index += 1
    track.transport = NULL


cdef void reset_layers(UpTrack* track, int count) noexcept nogil:
    """A new source: other numbering, nothing to retransmit of the old one."""
    cdef int index
    for index in range(MAX_LAYERS):
        ring_clear(&track.layers[index].ring)
        memset(&track.layers[index], 0, sizeof(Layer))
    track.layer_count = count
    track.epoch += 1
    unbind_mirrors(track)


cdef void take_out(void** items, int* count, void* item) noexcept nogil:
    """Remove *item* from an unordered array."""
    cdef int index
    for index in range(count[0]):
        if items[index] == item:
            count[0] -= 1
            items[index] = items[count[0]]
            return


cdef void free_transport(Transport* transport) noexcept nogil:
    if is_tap(transport):
        close(transport.tap_fd)
    free(transport.twcc)
    free(transport.history)
    free(transport)


cdef void free_up_track(UpTrack* track) noexcept nogil:
    cdef int index
    for index in range(MAX_LAYERS):
        ring_clear(&track.layers[index].ring)
    free(track.downs)
    free(track.mirrors)
    free(track)
