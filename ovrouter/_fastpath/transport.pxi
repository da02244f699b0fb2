# One ICE-lite + DTLS-SRTP association: connectivity and consent checks, source gating, RTCP in and out.

cdef enum:
    # RFC 7675 section 5.1.
    CONSENT_EXPIRES_US = 30000000
    # A peer that checks from a new address while its old one is silent this long has moved, nominated or not.
    PEER_STALE_US = 5000000


cdef Transport* find_source(State* state, const Address* source) noexcept nogil:
    """The transport that validated *source*, or NULL."""
    return table_get(&state.by_address, <const u8*>source)


cdef void on_stun(State* state, const u8* data, int length, const Address* source, i64 now_us) noexcept nogil:
    """Answer an authenticated Binding request; anything else gets no answer at all."""
    cdef StunRequest request
    cdef Transport* transport
    cdef u8* out
    if parse_stun_request(data, length, &request) != 0:
        state.drops[DROP_STUN_MALFORMED] += 1
        return
    transport = find_user(state, &request)
    if transport == NULL:
        state.drops[DROP_STUN_UNKNOWN_USER] += 1
        return
    if not is_integrity_right(data, &request, transport.password, transport.password_length):
        state.drops[DROP_STUN_BAD_INTEGRITY] += 1
        return
    validate_source(state, transport, source, now_us)
    transport.consent_us = now_us
    if request.use_candidate or not transport.has_peer or is_peer_stale(transport, now_us):
        choose_peer(state, transport, source)
    out = send_reserve(state, STUN_RESPONSE_BYTES)
    if out != NULL:
        send_commit(state, source, write_stun_response(data, source, transport.password, transport.password_length, out))


cdef Transport* find_user(State* state, const StunRequest* request) noexcept nogil:
    """USERNAME is ``<our ufrag>:<their ufrag>`` (RFC 8445 section 7.2.2)."""
    cdef u8 key[KEY_BYTES]
    cdef int length = 0
    memset(key, 0, KEY_BYTES)
    while length < request.username_length and request.username[length] != c":":
        if length == KEY_BYTES:
            return NULL
        key[length] = request.username[length]
        length += 1
    return table_get(&state.by_ufrag, key)


cdef void validate_source(State* state, Transport* transport, const Address* source, i64 now_us) noexcept nogil:
    """From now on datagrams from *source* are looked at; the longest silent address makes room."""
    cdef int index
    cdef int oldest = 0
    cdef Transport* owner = find_source(state, source)
    if owner == transport:
        for index in range(transport.validated_count):
            if memcmp(&transport.validated[index], source, sizeof(Address)) == 0:
                transport.validated_us[index] = now_us
        return
    if owner != NULL:
        # The NAT gave a dead transport's port to this one.
        forget_source(state, owner, source)
    if transport.validated_count == MAX_ADDRESSES:
        for index in range(MAX_ADDRESSES):
            if transport.validated_us[index] < transport.validated_us[oldest]:
                oldest = index
        forget_source(state, transport, &transport.validated[oldest])
    if table_put(&state.by_address, <const u8*>source, transport):
        transport.validated[transport.validated_count] = source[0]
        transport.validated_us[transport.validated_count] = now_us
        transport.validated_count += 1


cdef void forget_source(State* state, Transport* transport, const Address* source) noexcept nogil:
    cdef Address gone = source[0]
    cdef int index
    table_remove(&state.by_address, <const u8*>&gone)
    for index in range(transport.validated_count):
        if memcmp(&transport.validated[index], &gone, sizeof(Address)) == 0:
            transport.validated_count -= 1
            transport.validated[index] = transport.validated[transport.validated_count]
            transport.validated_us[index] = transport.validated_us[transport.validated_count]
            return


cdef bint is_peer_stale(const Transport* transport, i64 now_us) noexcept nogil:
    cdef int index
    for index in range(transport.validated_count):
        if memcmp(&transport.validated[index], &transport.peer, sizeof(Address)) == 0:
            return now_us - transport.validated_us[index] > PEER_STALE_US
    return True


cdef void choose_peer(State* state, Transport* transport, const Address* source) noexcept nogil:
    if transport.has_peer and memcmp(&transport.peer, source, sizeof(Address)) == 0:
        return
    transport.peer = source[0]
    transport.has_peer = True
    push_event(state, EVENT_PEER, transport.handle, <const u8*>source, sizeof(Address))


cdef void expire_consent(State* state, Transport* transport, i64 now_us) noexcept nogil:
    """Nothing more is sent to a peer that has not renewed its consent (RFC 7675 section 5.1)."""
    if transport.consent_us == 0 or now_us - transport.consent_us <= CONSENT_EXPIRES_US:
        return
    transport.consent_us = 0
    transport.has_peer = False
    while transport.validated_count:
        forget_source(state, transport, &transport.validated[0])
    push_event(state, EVENT_CONSENT_EXPIRED, transport.handle, NULL, 0)


# ------------------------------------------------------------------------------------------------------------- RTCP

cdef void send_rtcp(State* state, Transport* transport, const u8* message, int length) noexcept nogil:
    """Protect and queue a compound (or reduced-size, RFC 5506) RTCP packet of at most RTCP_BYTES."""
    cdef u8* out
    if not transport.is_ready or not transport.has_peer:
        return
    if is_tap(transport):
        memcpy(tap_reserve(state, length), message, length)
        tap_commit(state, transport, length)
        return
    out = send_reserve(state, RTCP_BYTES + SRTP_MAX_TRAILER_BYTES)
    if out == NULL:
        return
    memcpy(out, message, length)
    if srtp_protect_rtcp(transport.outbound, out, &length) != 0:
        state.drops[DROP_PROTECT_FAILED] += 1
        return
    transport.sent_packets += 1
    transport.sent_bytes += length
    send_commit(state, &transport.peer, length)


cdef void on_rtcp(State* state, Transport* transport, u8* data, int length, i64 now_us) noexcept nogil:
    cdef int size
    cdef int messages = 0
    cdef int status = srtp_unprotect_rtcp(transport.inbound, data, &length)
    if status != 0:
        state.drops[DROP_SRTP_REPLAY if status in (SRTP_REPLAY_FAIL, SRTP_REPLAY_OLD) else DROP_SRTP_AUTH] += 1
        return
    while length > 0 and messages < MAX_RTCP_MESSAGES:
        size = next_rtcp(data, length)
        if size < 0:
            state.drops[DROP_RTCP_MALFORMED] += 1
            return
        on_rtcp_message(state, transport, data, size, now_us)
        data += size
        length -= size
        messages += 1


cdef void on_rtcp_message(State* state, Transport* transport, const u8* data, int size, i64 now_us) noexcept nogil:
    cdef int count = data[0] & 0x1F
    cdef int kind = data[1]
    if kind == RTCP_SR and size >= 28:
        on_sender_report(transport, data, now_us)
        on_report_blocks(transport, data + 28, min(count, (size - 28) // 24), now_us)
    elif kind == RTCP_RR and size >= 8:
        on_report_blocks(transport, data + 8, min(count, (size - 8) // 24), now_us)
    elif kind == RTCP_RTPFB and count == FMT_NACK and size >= 12:
        on_nack(state, transport, read_u32(data + 8), data + 12, (size - 12) // 4, now_us)
    elif kind == RTCP_RTPFB and count == FMT_TRANSPORT_FEEDBACK and size >= 20:
        on_transport_feedback(state, transport, data, size, now_us)
    elif kind == RTCP_PSFB and count == FMT_PLI and size >= 12:
        on_keyframe_request(transport, read_u32(data + 8))
    elif kind == RTCP_PSFB and count == FMT_FIR and size >= 20:
        on_keyframe_request(transport, read_u32(data + 12))
    elif kind == RTCP_PSFB and count == FMT_AFB and size >= 20:
        on_remb(transport, data, now_us)


cdef void on_sender_report(Transport* transport, const u8* data, i64 now_us) noexcept nogil:
    cdef SsrcEntry* entry = find_ssrc(transport, read_u32(data + 4))
    if entry != NULL and not entry.is_rtx:
        reception_note_sender_report(
            &entry.track.layers[entry.layer].reception, read_u64(data + 8), read_u32(data + 16), now_us
        )
        mirror_sender_report(entry.track, entry.layer)


cdef void on_report_blocks(Transport* transport, const u8* blocks, int count, i64 now_us) noexcept nogil:
    cdef int index
    cdef DownTrack* down
    for index in range(count):
        down = find_down(transport, read_u32(blocks + 24 * index))
        if down != NULL:
            down.fraction_lost = blocks[24 * index + 4]
            note_round_trip(down, read_u32(blocks + 24 * index + 16), read_u32(blocks + 24 * index + 20), now_us)


cdef enum:
    # A keyframe costs everybody who watches: a subscriber may ask for five in a row, then for one in this time.
    KEYFRAME_COST_US = 2000000
    KEYFRAME_CREDIT_US = 5 * KEYFRAME_COST_US


cdef void on_keyframe_request(Transport* transport, u32 ssrc) noexcept nogil:
    cdef DownTrack* down = find_down(transport, ssrc)
    if down == NULL:
        return
    down.keyframes_asked += 1
    if not down.is_started or down.layer < 0 or down.source.layers[down.layer].is_keyframe_wanted:
        # One is on its way.
        return
    if down.keyframe_credit_us < KEYFRAME_COST_US:
        down.keyframes_refused += 1
        return
    down.keyframe_credit_us -= KEYFRAME_COST_US
    want_keyframe(down.source, down.layer)


cdef void on_nack(
    State* state, Transport* transport, u32 ssrc, const u8* items, int count, i64 now_us
) noexcept nogil:
    cdef DownTrack* down = find_down(transport, ssrc)
    cdef int index, bit
    cdef u16 packet_id, mask
    if down == NULL:
        return
    for index in range(count):
        packet_id = read_u16(items + 4 * index)
        mask = read_u16(items + 4 * index + 2)
        retransmit(state, down, packet_id, now_us)
        for bit in range(16):
            if mask & (1 << bit):
                retransmit(state, down, <u16>(packet_id + bit + 1), now_us)


cdef DownTrack* find_down(Transport* transport, u32 ssrc) noexcept nogil:
    cdef int index
    for index in range(transport.down_count):
        if transport.downs[index].ssrc == ssrc:
            return transport.downs[index]
    return NULL


cdef SsrcEntry* find_ssrc(Transport* transport, u32 ssrc) noexcept nogil:
    cdef int index
    for index in range(transport.ssrc_count):
        if transport.ssrcs[index].ssrc == ssrc:
            return &transport.ssrcs[index]
    return NULL


cdef SsrcEntry* add_ssrc(Transport* transport, u32 ssrc, UpTrack* track, int layer, bint is_rtx) noexcept nogil:
    """NULL when the transport has MAX_SSRCS already."""
    cdef SsrcEntry* entry = find_ssrc(transport, ssrc)
    if entry == NULL:
        if transport.ssrc_count == MAX_SSRCS:
            return NULL
        entry = &transport.ssrcs[transport.ssrc_count]
        transport.ssrc_count += 1
    entry.ssrc = ssrc
    entry.track = track
    entry.layer = layer
    entry.is_rtx = is_rtx
    return entry


# ---------------------------------------------------------------------------------------------------------- reports

cdef enum:
    REPORT_INTERVAL_US = 1000000


cdef void report(State* state, Transport* transport, i64 now_us) noexcept nogil:
    """Every tick: transport-wide feedback; every second: reports on what is received and sent, and the bitrate cap."""
    cdef u8 out[RTCP_BYTES]
    cdef int length
    if not transport.is_ready or not transport.has_peer:
        return
    if transport.twcc != NULL:
        length = write_twcc_feedback(transport.twcc, transport.rtcp_ssrc, transport.ssrcs[0].ssrc, out)
        if length:
            send_rtcp(state, transport, out, length)
    if now_us - transport.reported_us < REPORT_INTERVAL_US:
        return
    length = write_receiver_report(transport, now_us, out)
    update_estimate(transport, now_us - transport.reported_us)
    transport.reported_us = now_us
    length += write_bitrate_cap(transport, out + length)
    if length:
        send_rtcp(state, transport, out, length)
    length = write_sender_reports(transport, now_us, out)
    if length:
        send_rtcp(state, transport, out, length)


cdef int write_receiver_report(Transport* transport, i64 now_us, u8* out) noexcept nogil:
    cdef int index
    cdef int count = 0
    cdef SsrcEntry* entry
    cdef Reception* reception
    for index in range(transport.ssrc_count):
        entry = &transport.ssrcs[index]
        reception = &entry.track.layers[entry.layer].reception
        if not entry.is_rtx and reception.started:
            write_report_block(reception, entry.ssrc, now_us, out + 8 + 24 * count)
            count += 1
    if count == 0:
        return 0
    write_u32(out + 4, transport.rtcp_ssrc)
    return finish_rtcp(out, 8 + 24 * count, count, RTCP_RR)


cdef void hurry_bitrate_cap(State* state, Transport* transport) noexcept nogil:
    """A subscriber's path has narrowed: its queue grows until the publisher knows."""
    cdef u8 out[RTCP_BYTES]
    cdef u64 told_bps = transport.told_bitrate_bps if transport.told_bitrate_bps else BANDWIDTH_MAX_BPS
    cdef u64 cap_bps = bitrate_cap(transport)
    if transport.is_ready and transport.has_peer and cap_bps != 0 and cap_bps * 100 < told_bps * 97:
        send_rtcp(state, transport, out, write_bitrate_cap(transport, out))


cdef int write_bitrate_cap(Transport* transport, u8* out) noexcept nogil:
    """REMB caps a publisher also where transport-wide feedback is in use: browsers take the lower of the two."""
    cdef u32 ssrcs[MAX_SSRCS]
    cdef int index
    cdef int count = 0
    cdef u64 cap_bps = bitrate_cap(transport)
    if cap_bps == 0 and transport.told_bitrate_bps != 0:
        # Silence would leave the last cap in force.
        cap_bps = BANDWIDTH_MAX_BPS
    transport.told_bitrate_bps = cap_bps
    if cap_bps == 0:
        return 0
    for index in range(transport.ssrc_count):
        if transport.ssrcs[index].track.is_video and not transport.ssrcs[index].is_rtx:
            ssrcs[count] = transport.ssrcs[index].ssrc
            count += 1
    if count == 0:
        return 0
    return write_remb(out, transport.rtcp_ssrc, cap_bps, ssrcs, count)


cdef int write_sender_reports(Transport* transport, i64 now_us, u8* out) noexcept nogil:
    cdef int index
    cdef int length = 0
    for index in range(transport.down_count):
        length += write_sender_report(transport.downs[index], now_us, out + length)
    return length
