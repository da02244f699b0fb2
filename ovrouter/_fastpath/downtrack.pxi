# A subscriber's copy of a track: choice of layer, rewriting, protection, retransmission, sender reports.

cdef enum:
    # A simulcast layer without packets for this long is not sent any more.
    LAYER_ALIVE_US = 1500000
    # A picture that stands still this long is noticed.
    FREEZE_US = 500000
    # Least step of the timestamp over a switch: one frame at 30 frames/s of the 90 kHz clock.
    SWITCH_GAP_TIMESTAMP = 3000


cdef void forward_batch(State* state, i64 now_us) noexcept nogil:
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
    if down.target_layer == NO_LAYER:
        down.layer = NO_LAYER
        return
    if not passes_limit(down, item, now_us):
        return
    if not is_current(down, item) and not try_switch(down, item, now_us):
        return
    if down.cached_next == 0 or item.sequence < down.cached_next:
        send_numbered(state, down, item, now_us)


cdef void send_numbered(State* state, DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """Send a packet of the current layer under the subscriber's numbers."""
    cdef i64 sequence
    cdef u32 timestamp
    if item.rtp.payload_length == 0 or down.payload_type[item.rtp.payload_type] == NO_PAYLOAD_TYPE:
        # Padding, or a codec this subscriber did not take: leave it out without a gap.
        if map_sequence(&down.sequences, item.sequence, down.epoch, down.layer) > down.highest_sequence:
            drop_sequence(&down.sequences, item.sequence)
        return
    sequence = map_sequence(&down.sequences, item.sequence, down.epoch, down.layer)
    if sequence < 0:
        return
    timestamp = map_timestamp(down, newest_segment(&down.sequences), item.sequence, item.rtp.timestamp)
    if not send_media(
        state, down, newest_segment(&down.sequences), &item.rtp, down.payload_type[item.rtp.payload_type], down.ssrc,
        <u16>sequence, timestamp, -1, now_us,
    ):
        return
    state.forwarded_packets += 1
    down.packets += 1
    down.payload_bytes += item.rtp.payload_length
    if sequence > down.highest_sequence:
        down.freezes += down.source.is_video and down.last_sent_us != 0 and now_us - down.last_sent_us > FREEZE_US
        down.highest_sequence = sequence
        down.last_timestamp = timestamp
        down.last_sent_us = now_us
        if item.rtp.marker and is_vp8(down, &item.rtp):
            note_vp8(down, &item.rtp)


cdef inline bint is_current(const DownTrack* down, const Batched* item) noexcept nogil:
    return down.is_started and down.epoch == down.source.epoch and down.layer == item.layer


# ------------------------------------------------------------------------------------------------- choice of a source

cdef bint try_switch(DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """Begin to send the item's layer if that is wanted and it can be decoded from here."""
    if item.layer != wanted_layer(down, now_us):
        return False
    if not item.starts_keyframe and not down.is_started and begin_catch_up(down, item.layer, now_us):
        begin_timeline(down, down.cached_next, item.layer)
        return True
    if not item.starts_keyframe:
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
    return min(down.target_layer, alive_layer(down.source, now_us))


cdef void begin_timeline(DownTrack* down, i64 first_sequence, int layer) noexcept nogil:
    """The first packet keeps its sequence number and live time: with one layer nothing needs translation."""
    down.timestamp_offset = 0
    begin_segment(down, first_sequence, 0, layer)
    down.highest_sequence = first_sequence - 1


cdef void continue_timeline(DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """Number on where the last source stopped; the timestamp moves by the time that has passed."""
    cdef u32 step = <u32>((now_us - down.last_sent_us) * down.source.clock_rate // 1000000)
    end_catch_up(down)
    if down.source.is_video:
        step = max(step, <u32>SWITCH_GAP_TIMESTAMP)
    if is_vp8(down, &item.rtp):
        continue_vp8(down, &item.rtp)
    down.timestamp_offset = down.last_timestamp + step - item.rtp.timestamp
    begin_segment(down, item.sequence, item.sequence - down.highest_sequence - 1, item.layer)


cdef inline bint is_vp8(const DownTrack* down, const Rtp* rtp) noexcept nogil:
    return down.source.codec[rtp.payload_type] == CODEC_VP8


cdef void begin_segment(DownTrack* down, i64 first_sequence, i64 offset, int layer) noexcept nogil:
    cdef SequenceSegment* segment = push_segment(&down.sequences, first_sequence, offset, down.source.epoch, layer)
    segment.timestamp_offset = down.timestamp_offset
    segment.picture_shift = down.picture_shift
    segment.tl0_shift = down.tl0_shift
    down.is_started = True
    down.epoch = down.source.epoch
    down.layer = layer


# ---------------------------------------------------------------------------------------------------------- sending

cdef enum:
    # What a header may grow by (an extension element) and what RTX puts before the payload.
    SEND_ROOM_BYTES = 8 + 2


cdef bint send_media(
    State* state, DownTrack* down, const SequenceSegment* segment, const Rtp* rtp, u8 payload_type, u32 ssrc,
    u16 sequence_u16, u32 timestamp, int original_sequence, i64 now_us,
) noexcept nogil:
    """Copy, rewrite, protect, queue. *original_sequence* >= 0 makes it an RTX packet (RFC 4588)."""
    cdef Transport* transport = down.transport
    cdef int length = rtp.header_length
    cdef int rest = rtp.length - rtp.header_length
    cdef int room = rtp.length + SEND_ROOM_BYTES + SRTP_MAX_TRAILER_BYTES
    cdef u8* out = tap_reserve(state, room) if is_tap(transport) else send_reserve(state, room)
    if out == NULL:
        return False
    memcpy(out, rtp.data, rtp.header_length)
    out[1] = <u8>((out[1] & 0x80) | payload_type)
    write_u16(out + 2, sequence_u16)
    write_u32(out + 4, timestamp)
    write_u32(out + 8, ssrc)
    renumber_extensions(rtp, out, down.extension_id)
    if transport.history != NULL:
        length = write_transport_sequence(down, rtp, out)
    if original_sequence >= 0:
        write_u16(out + length, original_sequence)
        length += 2
    memcpy(out + length, rtp.data + rtp.header_length, rest)
    if segment.picture_shift | segment.tl0_shift and is_vp8(down, rtp):
        shift_vp8(out + length, rest, segment.picture_shift, segment.tl0_shift)
    length += rest
    if is_tap(transport):
        tap_commit(state, transport, length)
        return True
    if srtp_protect(transport.outbound, out, &length) != 0:
        state.drops[DROP_PROTECT_FAILED] += 1
        return False
    if transport.history != NULL:
        history_add(transport, length, now_us)
    transport.sent_packets += 1
    transport.sent_bytes += length
    send_commit(state, &transport.peer, length)
    return True


cdef void repeat(State* state, DownTrack* down, i64 sequence, i64 now_us) noexcept nogil:
    """Send one of the subscriber's numbers again from the source's ring, by RTX if that was negotiated."""
    cdef const SequenceSegment* segment
    cdef u8* data
    cdef int length = 0
    cdef Rtp rtp
    cdef u32 timestamp
    cdef u8 payload_type, rtx_type
    segment = find_segment(&down.sequences, sequence)
    if segment == NULL or segment.epoch != down.source.epoch:
        down.retransmit_misses += 1
        return
    data = ring_get(&down.source.layers[segment.layer].ring, sequence + segment.offset, &length)
    if data == NULL or parse_rtp(data, length, &rtp) != 0:
        down.retransmit_misses += 1
        return
    payload_type = down.payload_type[rtp.payload_type]
    if payload_type == NO_PAYLOAD_TYPE:
        return
    rtx_type = down.rtx_payload_type[payload_type]
    timestamp = map_timestamp(down, segment, sequence + segment.offset, rtp.timestamp)
    if rtx_type != NO_PAYLOAD_TYPE and down.rtx_ssrc != 0:
        down.rtx_sequence_u16 += 1
        send_media(
            state, down, segment, &rtp, rtx_type, down.rtx_ssrc, down.rtx_sequence_u16, timestamp, <u16>sequence, now_us
        )
    else:
        send_media(state, down, segment, &rtp, payload_type, down.ssrc, <u16>sequence, timestamp, -1, now_us)
    down.retransmitted += 1


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
