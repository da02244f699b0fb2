# A subscriber's copy of a track: choice of layer, rewriting, protection, retransmission, sender reports.

cdef enum:
    # A simulcast layer without packets for this long is not sent any more.
    LAYER_ALIVE_US = 1500000
    # A picture that stands still this long is noticed.
    FREEZE_US = 500000
    # Least step of the timestamp over a switch: one frame at 30 frames/s of the 90 kHz clock.
    SWITCH_GAP_TIMESTAMP = 3000


cdef void forward_batch(State* state, i64 now_us) noexcept nogil:
    """What was received may wait no longer."""
    if state.trace != NULL and state.batch_count:
        note_moment(state, TRACE_FORWARD, now_us)
    fan_out(state, now_us)


cdef void fan_out(State* state, i64 now_us) noexcept nogil:
    """Fan out what was received, subscriber by subscriber, so that equal-sized packets to one address are neighbours."""
    cdef UpTrack* track = state.batch_tracks
    cdef UpTrack* next_track
    cdef int index, packet
    feed_mirrors(state, now_us)
    while track != NULL:
        next_track = track.next_in_batch
        for index in range(track.down_count):
            packet = track.batch_first
            while packet >= 0:
                forward(state, track.downs[index], &state.batch[packet], now_us)
                packet = state.batch[packet].next
        track.batch_first = track.batch_last = -1
        track.next_in_batch = NULL
        ask_publisher(state, track, now_us)
        track = next_track
    state.batch_tracks = NULL
    state.batch_count = 0


cdef void forward(State* state, DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    if not down.transport.is_ready or not down.transport.has_peer:
        return
    if down.target == NO_LAYER:
        break_off(down)
        return
    if not is_current(down, item) and not try_switch(down, item, now_us):
        return
    if down.cached_next == 0 and item.sequence > down.sequences.highest_source and not is_on_pace(down, now_us):
        fall_behind(down, item.sequence, now_us)
    if down.cached_next == 0 or item.sequence < down.cached_next:
        send_numbered(state, down, item, now_us)


cdef void send_numbered(State* state, DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """Send a packet of the current layer under the subscriber's numbers."""
    cdef u8 payload_type = down.payload_type[item.rtp.payload_type]
    cdef const SequenceSegment* segment
    if item.sequence > down.sequences.highest_source:
        if item.marking.starts or item.marking.opens:
            choose_point(down, item)
        # Padding, or a codec this subscriber did not take, leaves no gap either.
        if not is_within(item.marking.point, down.point) or item.rtp.payload_length == 0 or payload_type == NO_PAYLOAD_TYPE:
            leave_out(down, item)
            return
        if not passes_limit(down, item, now_us):
            return
        down.sequences.highest_source = item.sequence
    segment = segment_of(&down.sequences, item.sequence, down.epoch, down.layer)
    if segment != NULL and payload_type != NO_PAYLOAD_TYPE:
        send_original(state, down, segment, item, payload_type, now_us)


cdef void send_original(
    State* state, DownTrack* down, const SequenceSegment* segment, const Batched* item, u8 payload_type, i64 now_us
) noexcept nogil:
    cdef i64 sequence = item.sequence - segment.offset
    cdef Header header
    header.payload_type = payload_type
    header.sequence_u16 = <u16>sequence
    header.timestamp = map_timestamp(down, segment, item.sequence, item.rtp.timestamp)
    header.ssrc = down.ssrc
    header.original_sequence = -1
    if not send_media(state, down, segment, &item.rtp, &item.marking, &header, now_us):
        return
    state.forwarded_packets += 1
    down.packets += 1
    down.payload_bytes += item.rtp.payload_length
    if sequence > down.highest_sequence:
        down.freezes += down.source.is_video and down.last_sent_us != 0 and now_us - down.last_sent_us > FREEZE_US
        down.highest_sequence = sequence
        down.last_timestamp = header.timestamp
        down.last_sent_us = now_us
        if item.marking.picture_bits:
            note_counters(down, &item.marking)


cdef inline void break_off(DownTrack* down) noexcept nogil:
    """Whatever comes next can only be decoded from a keyframe on."""
    down.layer = NO_LAYER
    end_catch_up(down)


cdef inline bint is_current(const DownTrack* down, const Batched* item) noexcept nogil:
    return down.is_started and down.epoch == down.source.epoch and down.layer == item.layer


cdef void leave_out(DownTrack* down, const Batched* item) noexcept nogil:
    """The subscriber sees no gap for what it was not to get."""
    if not is_within(item.marking.point, down.point):
        count_out(down, item)
    drop_sequence(&down.sequences, item.sequence).picture_shift = down.picture_shift


# ------------------------------------------------------------------------------------------------- choice of a source

cdef bint try_switch(DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """Begin to send the item's layer if that is wanted and it can be decoded from here."""
    if item.layer != wanted_layer(down, now_us) or not may_begin(down, now_us):
        return False
    if not item.marking.starts_keyframe and not down.is_started and begin_catch_up(down, item.layer, now_us):
        begin_timeline(down, down.cached_next, item.layer)
        return True
    if not item.marking.starts_keyframe:
        want_keyframe(down.source, item.layer)
        if not down.has_asked_keyframe:
            down.has_asked_keyframe = True
            down.source.layers[item.layer].is_keyframe_urgent = True
        return False
    if down.is_started:
        continue_timeline(down, item, now_us)
    else:
        begin_timeline(down, item.sequence, item.layer)
    return True


cdef inline int wanted_layer(const DownTrack* down, i64 now_us) noexcept nogil:
    """The simulcast layer to send."""
    return min(spatial_of(down.target), alive_layer(down.source, now_us))


cdef int wanted_point(const DownTrack* down, int layer) noexcept nogil:
    """The operating point to send of *layer*, which may not be the one that is wanted but cannot be decoded yet."""
    cdef int temporal = min(temporal_of(down.target), temporal_limit(down))
    if down.source.layer_count == 1:
        return point_of(spatial_of(down.target), temporal)
    if layer > spatial_of(down.target):
        temporal = 0
    elif layer < spatial_of(down.target):
        temporal = MAX_TEMPORAL - 1
    return point_of(MAX_SPATIAL - 1, temporal)


cdef void choose_point(DownTrack* down, const Batched* item) noexcept nogil:
    """A picture begins, or a frame inside: leave layers out from it on, or take them in again."""
    cdef int top_spatial = down.source.layers[item.layer].rates.top_spatial
    cdef int wanted = wanted_point(down, item.layer)
    cdef int point
    if not item.marking.starts:
        # Inside a picture a layer that is left out would be missed.
        wanted = point_of(spatial_of(down.point), max(temporal_of(down.point), temporal_of(wanted)))
    if wanted == down.point:
        return
    point = reachable_point(down.point, wanted, top_spatial, &item.marking)
    if spatial_of(point) < min(spatial_of(wanted), top_spatial):
        want_keyframe(down.source, item.layer)
    if point != down.point:
        down.point = point
        extend_segment(&down.sequences, item.sequence).point = <u8>point


cdef void begin_timeline(DownTrack* down, i64 first_sequence, int layer) noexcept nogil:
    """The first packet keeps its live time, and its sequence number but for the highest bit.

    A receiver that misses the first packets, and among them number 65535, would count SRTP's rollovers wrongly for ever
    (RFC 3711 section 3.3.1); this way it may miss the first 32768.
    """
    cdef i64 offset = first_sequence & 0x8000
    down.timestamp_offset = 0
    begin_segment(down, first_sequence, offset, layer)
    down.highest_sequence = first_sequence - offset - 1


cdef void continue_timeline(DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """Number on where the last source stopped; the timestamp moves by the time that has passed."""
    cdef u32 step = <u32>((now_us - down.last_sent_us) * down.source.clock_rate // 1000000)
    end_catch_up(down)
    if down.source.is_video:
        step = max(step, <u32>SWITCH_GAP_TIMESTAMP)
    continue_counters(down, &item.marking)
    down.timestamp_offset = down.last_timestamp + step - item.rtp.timestamp
    begin_segment(down, item.sequence, item.sequence - down.highest_sequence - 1, item.layer)


cdef void begin_segment(DownTrack* down, i64 first_sequence, i64 offset, int layer) noexcept nogil:
    cdef SequenceSegment* segment
    down.point = wanted_point(down, layer)
    segment = push_segment(&down.sequences, first_sequence, offset, down.source.epoch, layer, down.point)
    segment.timestamp_offset = down.timestamp_offset
    segment.picture_shift = down.picture_shift
    segment.tl0_shift = down.tl0_shift
    down.left_out_picture_id = NO_PICTURE_ID
    down.is_started = True
    down.epoch = down.source.epoch
    down.layer = layer


# ---------------------------------------------------------------------------------------------------------- sending

cdef enum:
    # What a header may grow by (an extension element) and what RTX puts before the payload.
    SEND_ROOM_BYTES = 8 + 2


cdef bint send_media(
    State* state, DownTrack* down, const SequenceSegment* segment, const Rtp* rtp, const Marking* marking,
    const Header* header, i64 now_us,
) noexcept nogil:
    """Copy, rewrite, protect, queue."""
    cdef Transport* transport = down.transport
    cdef bint is_left_out = not is_within(marking.point, segment.point)
    cdef int length = rtp.header_length
    cdef int rest = 0 if is_left_out else rtp.length - rtp.header_length
    cdef int room = rtp.length + SEND_ROOM_BYTES + SRTP_MAX_TRAILER_BYTES
    cdef u8* out = tap_reserve(state, room) if is_tap(transport) else send_reserve(state, room)
    if out == NULL:
        return False
    memcpy(out, rtp.data, rtp.header_length)
    if is_left_out:
        # It came too late to be left out without a gap: the number goes out with nothing in it.
        out[0] &= 0xDF
    out[1] = <u8>((ends_picture(rtp, marking, segment) and rest > 0) << 7 | header.payload_type)
    write_u16(out + 2, header.sequence_u16)
    write_u32(out + 4, header.timestamp)
    write_u32(out + 8, header.ssrc)
    renumber_extensions(rtp, out, down.extension_id)
    if transport.history != NULL:
        length = write_transport_sequence(down, rtp, out)
    if header.original_sequence >= 0:
        write_u16(out + length, header.original_sequence)
        length += 2
    memcpy(out + length, rtp.data + rtp.header_length, rest)
    if segment.picture_shift | segment.tl0_shift and rest:
        shift_counters(out + length, marking, segment)
    length += rest
    if is_tap(transport):
        tap_commit(state, transport, length)
        return True
    if srtp_protect(transport.outbound, out, &length) != 0:
        state.drops[DROP_PROTECT_FAILED] += 1
        return False
    if transport.history != NULL:
        history_add(transport, length, now_us)
        transport.client.pace_bytes -= length
    transport.sent_packets += 1
    transport.sent_bytes += length
    send_commit(state, &transport.peer, length)
    return True


cdef inline bint ends_picture(const Rtp* rtp, const Marking* marking, const SequenceSegment* segment) noexcept nogil:
    """The marker bit: without the spatial layers above, the last packet of the highest one that is sent has it."""
    return rtp.marker or (marking.ends and spatial_of(marking.point) == spatial_of(segment.point))


cdef void repeat(State* state, DownTrack* down, i64 sequence, i64 now_us) noexcept nogil:
    """Send one of the subscriber's numbers again from the source's ring, by RTX if that was negotiated."""
    cdef const SequenceSegment* segment
    cdef u8* data
    cdef int length = 0
    cdef Rtp rtp
    cdef Marking marking
    cdef Header header
    segment = find_segment(&down.sequences, sequence)
    if segment == NULL or segment.epoch != down.source.epoch:
        down.retransmit_misses += 1
        return
    data = ring_get(&down.source.layers[segment.layer].ring, sequence + segment.offset, &length)
    if data == NULL or parse_rtp(data, length, &rtp) != 0:
        down.retransmit_misses += 1
        return
    header.payload_type = down.payload_type[rtp.payload_type]
    if header.payload_type == NO_PAYLOAD_TYPE:
        return
    header.sequence_u16 = <u16>sequence
    header.timestamp = map_timestamp(down, segment, sequence + segment.offset, rtp.timestamp)
    header.ssrc = down.ssrc
    header.original_sequence = -1
    if down.rtx_payload_type[header.payload_type] != NO_PAYLOAD_TYPE and down.rtx_ssrc != 0:
        become_rtx(down, &header)
    mark_packet(down.source, segment.layer, &rtp, &marking)
    send_media(state, down, segment, &rtp, &marking, &header, now_us)
    down.retransmitted += 1


cdef void become_rtx(DownTrack* down, Header* header) noexcept nogil:
    """RFC 4588 section 4."""
    down.rtx_sequence_u16 += 1
    header.original_sequence = header.sequence_u16
    header.sequence_u16 = down.rtx_sequence_u16
    header.payload_type = down.rtx_payload_type[header.payload_type]
    header.ssrc = down.rtx_ssrc


# ---------------------------------------------------------------------------------------------------------- reports

cdef int write_sender_report(DownTrack* down, i64 now_us, u8* out) noexcept nogil:
    """The publisher's own clock, carried on to now, so that its audio and video stay in step; 0 before its first report."""
    cdef Reception* reception = &down.source.layers[max(down.layer, 0)].reception
    cdef i64 elapsed_us = now_us - reception.sender_report_us
    cdef u64 ntp
    if not down.is_started or down.layer == NO_LAYER or down.epoch != down.source.epoch or not reception.has_sender_report:
        return 0
    ntp = ntp_after(reception.sender_ntp, elapsed_us)
    write_u32(out + 4, down.ssrc)
    write_u64(out + 8, ntp)
    write_u32(
        out + 16,
        reception.sender_timestamp + down.timestamp_offset + <u32>(elapsed_us * down.source.clock_rate // 1000000),
    )
    write_u32(out + 20, <u32>down.packets)
    write_u32(out + 24, <u32>down.payload_bytes)
    down.reports[down.next_report].ntp_middle = <u32>(ntp >> 16)
    down.reports[down.next_report].sent_us = now_us
    down.next_report = (down.next_report + 1) % SENDER_REPORTS
    finish_rtcp(out, 28, 0, RTCP_SR)
    return 28 + write_cname(out + 28, down.ssrc, down.transport.cname, down.transport.cname_length)


cdef void note_round_trip(DownTrack* down, u32 last_report, u32 delay, i64 now_us) noexcept nogil:
    """RFC 3550 section 6.4.1; *delay* is in 1/65536 s. A claim of a negative round trip is ignored."""
    cdef int index
    cdef i64 round_trip_us
    for index in range(SENDER_REPORTS):
        if last_report != 0 and down.reports[index].ntp_middle == last_report:
            round_trip_us = now_us - down.reports[index].sent_us - <i64>delay * 1000000 // 65536
            if round_trip_us >= 0:
                down.round_trip_us = round_trip_us
            return
