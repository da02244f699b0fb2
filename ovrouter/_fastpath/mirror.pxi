# One session on several workers: an up-track whose subscribers are elsewhere too has a mirror there, an up-track without a
# transport that is fed by its source. A packet crosses once for each worker, not for each subscriber; the mirror keeps its own
# ring, so repair, first pictures and layers need nothing from the source. Back go keyframe requests and what subscribers can take.

cdef void feed_mirrors(State* state, i64 now_us) noexcept nogil:
    """Hand the batch to the workers that have subscribers of its tracks, before our own subscribers are served."""
    cdef UpTrack* track = state.batch_tracks
    cdef int index
    while track != NULL:
        for index in range(track.mirror_count):
            feed_mirror(state, track, &track.mirrors[index], now_us)
        track = track.next_in_batch
    wake_relays(state)


cdef void feed_mirror(State* state, UpTrack* track, Mirror* mirror, i64 now_us) noexcept nogil:
    cdef int packet = track.batch_first
    cdef int layer
    if not mirror.is_bound:
        if not bind_mirror(track, mirror):
            return
        for layer in range(track.layer_count):
            send_cache(state, track, layer, mirror, now_us)
            send_sender_report(track, layer, mirror)
    while packet >= 0:
        send_packet(state, mirror, state.batch[packet].layer, &state.batch[packet].rtp)
        packet = state.batch[packet].next


cdef bint bind_mirror(const UpTrack* track, Mirror* mirror) noexcept nogil:
    """Tell the mirror what its source is, before anything else and whenever that has changed."""
    cdef Binding* binding = <Binding*>relay_reserve(mirror.relay, RECORD_BINDING, mirror.handle, 0, sizeof(Binding))
    if binding == NULL:
        return False
    memcpy(binding.codec, track.codec, sizeof(track.codec))
    binding.twcc_extension = track.twcc_extension
    binding.dependency_extension = track.dependency_extension
    binding.layer_count = track.layer_count
    relay_commit(mirror.relay)
    mirror.is_bound = True
    return True


cdef void send_cache(State* state, UpTrack* track, int layer_index, Mirror* mirror, i64 now_us) noexcept nogil:
    """The last keyframe and what followed, up to the batch: a first subscriber over there need not wait for the next one."""
    cdef Layer* layer = &track.layers[layer_index]
    cdef i64 past = layer.reception.highest_sequence + 1
    cdef i64 sequence = layer.keyframe_sequence
    cdef int packet = track.batch_first
    cdef Rtp rtp
    while packet >= 0:
        if state.batch[packet].layer == layer_index:
            past = min(past, state.batch[packet].sequence)
        packet = state.batch[packet].next
    if sequence == 0 or now_us - layer.keyframe_us > CATCH_UP_MAX_US or past - sequence > CATCH_UP_MAX_PACKETS:
        return
    while sequence < past:
        if find_cached(layer, sequence, &rtp):
            send_packet(state, mirror, layer_index, &rtp)
        sequence += 1


cdef void send_packet(State* state, Mirror* mirror, int layer, const Rtp* rtp) noexcept nogil:
    cdef u8* out = relay_reserve(mirror.relay, RECORD_PACKET, mirror.handle, layer, rtp.length)
    if out == NULL:
        state.drops[DROP_RELAY_FULL] += 1
        return
    memcpy(out, rtp.data, rtp.length)
    relay_commit(mirror.relay)


cdef void send_sender_report(const UpTrack* track, int layer, Mirror* mirror) noexcept nogil:
    cdef const Reception* reception = &track.layers[layer].reception
    cdef Report* report
    if not reception.has_sender_report or not mirror.is_bound:
        return
    report = <Report*>relay_reserve(mirror.relay, RECORD_REPORT, mirror.handle, layer, sizeof(Report))
    if report != NULL:
        report.ntp = reception.sender_ntp
        report.timestamp = reception.sender_timestamp
        report.received_us = reception.sender_report_us
        relay_commit(mirror.relay)


cdef void mirror_sender_report(const UpTrack* track, int layer) noexcept nogil:
    cdef int index
    for index in range(track.mirror_count):
        send_sender_report(track, layer, &track.mirrors[index])


cdef void unbind_mirrors(UpTrack* track) noexcept nogil:
    """The source has changed: mirrors are told with the next packet."""
    cdef int index
    for index in range(track.mirror_count):
        track.mirrors[index].is_bound = False


cdef int add_mirror(UpTrack* track, Relay* relay, u32 handle) except -1:
    """Raises MemoryError and changes nothing."""
    cdef Mirror* mirrors = <Mirror*>realloc(track.mirrors, (track.mirror_count + 1) * sizeof(Mirror))
    if mirrors == NULL:
        raise MemoryError
    track.mirrors = mirrors
    memset(&mirrors[track.mirror_count], 0, sizeof(Mirror))
    mirrors[track.mirror_count].relay = relay
    mirrors[track.mirror_count].handle = handle
    track.mirror_count += 1
    return 0


cdef u32 drop_mirror(UpTrack* track, const Relay* relay) noexcept nogil:
    """Feed it no more; returns its handle over there, 0 if there was none."""
    cdef int index
    cdef u32 handle = 0
    for index in range(track.mirror_count):
        if track.mirrors[index].relay == relay:
            handle = track.mirrors[index].handle
            track.far_down_count -= track.mirrors[index].audience.count
            track.mirror_count -= 1
            track.mirrors[index] = track.mirrors[track.mirror_count]
            break
    return handle


cdef inline void set_origin(UpTrack* track, Relay* origin, u32 handle) noexcept nogil:
    track.origin = origin
    track.origin_handle = handle


# ----------------------------------------------------------------------------------------------- from mirror to source

cdef void ask_origin(UpTrack* track, i64 now_us) noexcept nogil:
    """What ask_publisher is to a track with a transport."""
    cdef Layer* layer
    cdef int index, kind
    for index in range(track.layer_count):
        layer = &track.layers[index]
        if layer.is_keyframe_wanted and is_keyframe_request_due(layer, now_us):
            kind = RECORD_URGENT_KEYFRAME if layer.is_keyframe_urgent else RECORD_KEYFRAME
            if relay_reserve(track.origin, kind, track.origin_handle, index, 0) == NULL:
                return
            relay_commit(track.origin)
            relay_wake(track.origin)
            layer.keyframe_asked_us = now_us
            layer.is_keyframe_urgent = False
            layer.keyframe_requests += 1


cdef void tell_audience(UpTrack* track, i64 now_us) noexcept nogil:
    """How many look at the mirror, and what those of them can take whose path has shown to be narrow.

    Every 100 ms, and at once when that has become less.
    """
    cdef Audience* audience
    cdef int index
    if now_us - track.audience_us < ALLOCATE_US and not track.has_narrowed:
        return
    audience = <Audience*>relay_reserve(track.origin, RECORD_AUDIENCE, track.origin_handle, 0, sizeof(Audience))
    if audience == NULL:
        return
    track.audience_us = now_us
    track.has_narrowed = False
    audience.count = track.down_count
    audience.narrow_count = 0
    for index in range(track.down_count):
        if is_narrow(track.downs[index]) and audience.narrow_count < MAX_NARROW:
            audience.shares_bps[audience.narrow_count] = track.downs[index].share_bps
            audience.narrow_count += 1
    relay_commit(track.origin)


# ---------------------------------------------------------------------------------------------------------- records

cdef void on_record(State* state, const Relay* relay, const Record* record, u8* body, i64 now_us) noexcept nogil:
    cdef UpTrack* track
    track = <UpTrack*>slots_get(&state.up_tracks, record.handle)
    if track == NULL:
        # A filler, or the track was removed while this was on its way.
        return
    if record.kind == RECORD_PACKET:
        on_relayed_packet(state, track, record, body, now_us)
    elif record.kind == RECORD_BINDING:
        on_binding(track, <const Binding*>body)
    elif record.kind == RECORD_REPORT:
        on_relayed_report(track, record.layer, <const Report*>body)
    elif record.kind == RECORD_AUDIENCE:
        on_audience(track, relay, <const Audience*>body)
    else:
        want_keyframe(track, record.layer)
        track.layers[record.layer].is_keyframe_urgent |= record.kind == RECORD_URGENT_KEYFRAME


cdef void on_relayed_packet(State* state, UpTrack* track, const Record* record, u8* body, i64 now_us) noexcept nogil:
    cdef Rtp rtp
    if parse_rtp(body, record.length, &rtp) == 0:
        on_media(state, track, record.layer, &rtp, now_us)


cdef void on_binding(UpTrack* track, const Binding* binding) noexcept nogil:
    reset_layers(track, binding.layer_count)
    memcpy(track.codec, binding.codec, sizeof(track.codec))
    track.twcc_extension = binding.twcc_extension
    track.dependency_extension = binding.dependency_extension


cdef void on_relayed_report(UpTrack* track, int layer, const Report* report) noexcept nogil:
    reception_note_sender_report(&track.layers[layer].reception, report.ntp, report.timestamp, report.received_us)


cdef void on_audience(UpTrack* track, const Relay* relay, const Audience* audience) noexcept nogil:
    cdef int index
    for index in range(track.mirror_count):
        if track.mirrors[index].relay.reverse == relay:
            track.far_down_count += audience.count - track.mirrors[index].audience.count
            track.mirrors[index].audience = audience[0]
            # Whether it has is seen where the publisher is told.
            track.has_narrowed = True
