# A published track: binding SSRCs, undoing RTX, loss repair towards the publisher, keyframe requests.

cdef enum:
    # At most one keyframe request per layer in this time: keyframes cost every subscriber bandwidth.
    KEYFRAME_INTERVAL_US = 500000
    # The same when a subscriber has just come and sees nothing yet.
    KEYFRAME_URGENT_US = 100000


cdef void on_rtp(State* state, Transport* transport, u8* data, int length, i64 now_us) noexcept nogil:
    cdef SsrcEntry* entry
    cdef Rtp rtp
    cdef Layer* layer
    cdef u64 received
    cdef int status
    if length < 12:
        state.drops[DROP_RTP_MALFORMED] += 1
        return
    entry = find_ssrc(transport, read_u32(data + 8))
    if entry == NULL and transport.ssrc_count == MAX_SSRCS:
        # Not even decrypted: libsrtp keeps state per SSRC.
        state.drops[DROP_UNKNOWN_SSRC] += 1
        return
    status = srtp_unprotect(transport.inbound, data, &length)
    if status != 0:
        state.drops[DROP_SRTP_REPLAY if status in (SRTP_REPLAY_FAIL, SRTP_REPLAY_OLD) else DROP_SRTP_AUTH] += 1
        return
    if parse_rtp(data, length, &rtp) != 0:
        state.drops[DROP_RTP_MALFORMED] += 1
        return
    note_transport_sequence(transport, &rtp, now_us)
    if entry == NULL:
        entry = bind_ssrc(transport, &rtp)
    if entry == NULL:
        state.drops[DROP_UNKNOWN_SSRC] += 1
        return
    if entry.is_rtx and not undo_rtx(entry, &rtp):
        state.drops[DROP_PADDING] += 1
        return
    note_audio_level(transport, entry.track, &rtp)
    layer = &entry.track.layers[entry.layer]
    received = layer.reception.packets
    on_media(state, entry.track, entry.layer, &rtp, now_us)
    if entry.is_rtx:
        layer.repaired += layer.reception.packets - received


cdef inline void note_audio_level(const Transport* transport, UpTrack* track, const Rtp* rtp) noexcept nogil:
    """RFC 6464: the lower seven bits are -dBov, 127 is silence."""
    cdef int index
    if track.is_video or transport.level_extension == 0:
        return
    index = find_extension(rtp, transport.level_extension)
    if index >= 0 and rtp.extension_length[index] >= 1:
        track.loudness += 127 - (rtp.data[rtp.extension_offset[index]] & 0x7F)
        track.loudness_packets += 1


cdef void note_transport_sequence(Transport* transport, const Rtp* rtp, i64 now_us) noexcept nogil:
    cdef int index
    if transport.twcc == NULL:
        return
    index = find_extension(rtp, transport.twcc_extension)
    if index >= 0 and rtp.extension_length[index] == 2:
        twcc_add(transport.twcc, read_u16(rtp.data + rtp.extension_offset[index]), now_us)


# ---------------------------------------------------------------------------------------------------------- binding

cdef SsrcEntry* bind_ssrc(Transport* transport, const Rtp* rtp) noexcept nogil:
    """An SSRC that the SDP did not name: by restriction id (RFC 8852), else by payload type where that is unambiguous."""
    cdef int index
    index = find_extension(rtp, transport.rid_extension)
    if index >= 0:
        return bind_rid(transport, rtp, index, False)
    index = find_extension(rtp, transport.repaired_rid_extension)
    if index >= 0:
        return bind_rid(transport, rtp, index, True)
    for index in range(transport.up_count):
        if transport.ups[index].layer_count == 1 and transport.ups[index].codec[rtp.payload_type] != CODEC_NONE:
            return bind_payload_type(transport, transport.ups[index], rtp)
    return NULL


cdef SsrcEntry* bind_rid(Transport* transport, const Rtp* rtp, int element, bint is_rtx) noexcept nogil:
    cdef const u8* rid = rtp.data + rtp.extension_offset[element]
    cdef int length = rtp.extension_length[element]
    cdef int index, layer
    cdef UpTrack* track
    for index in range(transport.up_count):
        track = transport.ups[index]
        for layer in range(track.layer_count):
            if track.layers[layer].rid_length == length and memcmp(track.layers[layer].rid, rid, length) == 0:
                set_layer_ssrc(&track.layers[layer], rtp.ssrc, is_rtx)
                return add_ssrc(transport, rtp.ssrc, track, layer, is_rtx)
    return NULL


cdef SsrcEntry* bind_payload_type(Transport* transport, UpTrack* track, const Rtp* rtp) noexcept nogil:
    cdef bint is_rtx = track.codec[rtp.payload_type] == CODEC_RTX
    cdef u32 known = track.layers[0].rtx_ssrc if is_rtx else track.layers[0].ssrc
    if known != 0:
        return NULL
    set_layer_ssrc(&track.layers[0], rtp.ssrc, is_rtx)
    return add_ssrc(transport, rtp.ssrc, track, 0, is_rtx)


cdef inline void set_layer_ssrc(Layer* layer, u32 ssrc, bint is_rtx) noexcept nogil:
    if is_rtx:
        layer.rtx_ssrc = ssrc
    else:
        layer.ssrc = ssrc


# ------------------------------------------------------------------------------------------------------------ media

cdef bint undo_rtx(const SsrcEntry* entry, Rtp* rtp) noexcept nogil:
    """Make the original packet of an RTX one, in place (RFC 4588 section 4); False for padding sent to probe."""
    cdef u8 media_type = entry.track.media_type_of_rtx[rtp.payload_type]
    cdef u8* data = rtp.data
    cdef u16 sequence_u16
    if rtp.payload_length < 2 or media_type == NO_PAYLOAD_TYPE:
        return False
    sequence_u16 = read_u16(data + rtp.header_length)
    # The header moves up over the two bytes of the original sequence number.
    memmove(data + 2, data, rtp.header_length)
    data += 2
    data[1] = <u8>((data[1] & 0x80) | media_type)
    write_u16(data + 2, sequence_u16)
    write_u32(data + 8, entry.track.layers[entry.layer].ssrc)
    return parse_rtp(data, rtp.length - 2, rtp) == 0 and rtp.payload_length > 0


cdef void on_media(State* state, UpTrack* track, int layer_index, Rtp* rtp, i64 now_us) noexcept nogil:
    cdef Layer* layer = &track.layers[layer_index]
    cdef i64 sequence = reception_extend(&layer.reception, rtp.sequence_u16)
    cdef i64 highest = layer.reception.highest_sequence
    cdef int codec = track.codec[rtp.payload_type]
    if codec == CODEC_NONE or codec == CODEC_RTX:
        state.drops[DROP_UNKNOWN_PAYLOAD_TYPE] += 1
        return
    if layer.reception.started and sequence <= highest - RING_SLOTS:
        # Only RTX can name such a number: SRTP's replay window refuses older packets themselves.
        state.drops[DROP_TOO_OLD] += 1
        return
    if track.is_video and not keep_for_repair(state, layer, rtp, sequence, now_us):
        return
    if track.has_nack and layer.reception.started:
        if sequence > highest + 1 and not nack_note_gap(&layer.nack, highest + 1, sequence, now_us):
            want_keyframe(track, layer_index)
        elif sequence <= highest:
            nack_note_arrival(&layer.nack, sequence)
    reception_add(&layer.reception, sequence, rtp.timestamp, rtp.length, track.clock_rate, now_us)
    layer.last_packet_us = now_us
    add_to_batch(state, track, layer_index, rtp, sequence, codec, now_us)


cdef bint keep_for_repair(State* state, Layer* layer, Rtp* rtp, i64 sequence, i64 now_us) noexcept nogil:
    """Into the ring, which also knows duplicates; False if the packet is one."""
    cdef int length
    if ring_get(&layer.ring, sequence, &length) != NULL:
        state.drops[DROP_DUPLICATE] += 1
        return False
    ring_put(&layer.ring, rtp.data, rtp.length, sequence, now_us)
    return True


cdef void add_to_batch(
    State* state, UpTrack* track, int layer, const Rtp* rtp, i64 sequence, int codec, i64 now_us
) noexcept nogil:
    cdef Batched* item
    if state.batch_count == BATCH_PACKETS:
        fan_out(state, now_us)
    item = &state.batch[state.batch_count]
    item.rtp = rtp[0]
    item.sequence = sequence
    item.layer = layer
    learn_structure(track, &track.layers[layer], rtp, sequence)
    mark_packet(track, layer, rtp, &item.marking)
    item.next = -1
    if track.batch_first < 0:
        track.batch_first = state.batch_count
        track.next_in_batch = state.batch_tracks
        state.batch_tracks = track
    else:
        state.batch[track.batch_last].next = state.batch_count
    track.batch_last = state.batch_count
    state.batch_count += 1
    note_batched(state, track, rtp, now_us)
    if item.marking.starts_keyframe:
        note_keyframe(&track.layers[layer], sequence, rtp.timestamp, now_us)
    note_layer(&track.layers[layer], rtp, &item.marking, track.layer_count > 1)
    note_sizes(&track.layers[layer], &item.marking)


cdef inline void note_keyframe(Layer* layer, i64 sequence, u32 timestamp, i64 now_us) noexcept nogil:
    layer.is_keyframe_wanted = False
    if sequence > layer.keyframe_sequence:
        layer.keyframe_sequence = sequence
        layer.keyframe_timestamp = timestamp
        layer.keyframe_us = now_us


# ----------------------------------------------------------------------------------------------- keyframes and NACKs

cdef void want_keyframe(UpTrack* track, int layer) noexcept nogil:
    """Noted now, asked for at the end of the batch or tick, at most every KEYFRAME_INTERVAL_US."""
    if track.is_video:
        track.layers[layer].is_keyframe_wanted = True


cdef void ask_publisher(State* state, UpTrack* track, i64 now_us) noexcept nogil:
    """Send what the track wants of its publisher: missing packets and keyframes."""
    cdef Layer* layer
    cdef u8 out[RTCP_BYTES]
    cdef u16 sequences[NACK_MAX_PER_MESSAGE]
    cdef int index, count
    if track.origin != NULL:
        ask_origin(track, now_us)
    if track.transport == NULL or not track.transport.is_ready:
        return
    for index in range(track.layer_count):
        layer = &track.layers[index]
        if layer.nack.count:
            count = nack_due(&layer.nack, now_us, sequences)
            if count:
                send_rtcp(
                    state, track.transport, out,
                    write_nack(out, track.transport.rtcp_ssrc, layer.ssrc, sequences, count),
                )
        if layer.is_keyframe_wanted and is_keyframe_request_due(layer, now_us):
            ask_keyframe(state, track, layer, now_us)


cdef inline bint is_keyframe_request_due(const Layer* layer, i64 now_us) noexcept nogil:
    return now_us - layer.keyframe_asked_us >= (
        KEYFRAME_URGENT_US if layer.is_keyframe_urgent else KEYFRAME_INTERVAL_US
    )


cdef void ask_keyframe(State* state, UpTrack* track, Layer* layer, i64 now_us) noexcept nogil:
    cdef u8 out[RTCP_BYTES]
    cdef u32 own = track.transport.rtcp_ssrc
    if layer.ssrc == 0 or not track.transport.has_peer:
        return
    if track.has_pli:
        send_rtcp(state, track.transport, out, write_pli(out, own, layer.ssrc))
    elif track.has_fir:
        track.fir_sequence += 1
        send_rtcp(state, track.transport, out, write_fir(out, own, layer.ssrc, track.fir_sequence))
    layer.keyframe_asked_us = now_us
    layer.is_keyframe_urgent = False
    layer.keyframe_requests += 1
