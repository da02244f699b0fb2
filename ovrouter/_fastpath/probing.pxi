# Is there room above the estimate? A short burst of padding on top of the media, together at up to twice the estimate: what
# the path makes of it says in 60 ms what additive increase would find out in half a minute.

cdef enum:
    PROBE_US = 60000
    PROBE_WAIT_US = 500000
    PROBE_FIRST_US = 100000
    PROBE_INTERVAL_US = 2500000
    PROBE_INTERVAL_MAX_US = 30000000
    # Fewer arrivals measure the scheduling of the peer, not the path.
    PROBE_MIN_PACKETS = 5
    # A header and the most padding that its one byte of length allows.
    PADDING_BYTES = 12 + 255
    # Two seconds after the queue grew is too early to try again.
    PROBE_AFTER_DECREASE_US = 2000000


cdef void probe_step(State* state, Client* client, u64 wanted_bps, i64 now_us) noexcept nogil:
    """Every tick: begin a probe when more is wanted than estimated, or send the next part of one."""
    cdef Bandwidth* bandwidth = &client.bandwidth
    cdef Probe* probe = &bandwidth.probe
    if probe.target_bps != 0 and now_us < probe.until_us:
        send_probe(state, client, now_us)
        return
    if probe.target_bps != 0 or bandwidth.fed_back_us == 0 or now_us < probe.next_us:
        return
    if wanted_bps <= bandwidth.estimate_bps or now_us - bandwidth.decreased_us < PROBE_AFTER_DECREASE_US:
        return
    begin_probe(probe, min(probe_target(bandwidth), wanted_bps + wanted_bps // 4), now_us)
    if client.transports.history == NULL:
        probe.until_us = now_us + REMB_PROBE_US


cdef inline u64 probe_target(const Bandwidth* bandwidth) noexcept nogil:
    """Twice the estimate as long as no limit was met; half more afterwards, for others may share the path."""
    return bandwidth.estimate_bps + (bandwidth.estimate_bps // 2 if bandwidth.decreased_us else bandwidth.estimate_bps)


cdef void begin_probe(Probe* probe, u64 target_bps, i64 now_us) noexcept nogil:
    cdef u8 number = <u8>(probe.number % 255 + 1)
    cdef i64 interval_us = max(probe.interval_us, <i64>PROBE_INTERVAL_US)
    memset(probe, 0, sizeof(Probe))
    probe.number = number
    probe.target_bps = target_bps
    probe.until_us = now_us + PROBE_US
    probe.interval_us = interval_us


cdef void send_probe(State* state, Client* client, i64 now_us) noexcept nogil:
    """What the target rate allows per tick beyond the media that flows anyway."""
    cdef Probe* probe = &client.bandwidth.probe
    cdef DownTrack* down = padding_track(client)
    cdef u64 spare_bps = probe.target_bps - min(client.media_bps, probe.target_bps)
    probe.owed_bytes += spare_bps / 8.0 * TICK_US / 1e6
    while probe.owed_bytes > 0 and down != NULL and send_padding(state, down, now_us):
        probe.owed_bytes -= PADDING_BYTES


cdef DownTrack* padding_track(const Client* client) noexcept nogil:
    """A track whose retransmission stream can carry padding: receivers ignore it there, whatever the numbering."""
    cdef const Transport* transport = client.transports
    cdef int index
    while transport != NULL:
        if (transport.history != NULL or transport.remb_bps != 0) and transport.is_ready and transport.has_peer:
            for index in range(transport.down_count):
                if transport.downs[index].is_started and transport.downs[index].padding_payload_type != NO_PAYLOAD_TYPE:
                    return transport.downs[index]
        transport = transport.next_of_client
    return NULL


cdef bint send_padding(State* state, DownTrack* down, i64 now_us) noexcept nogil:
    """An RTX packet of nothing but padding (RFC 3550 section 5.1)."""
    cdef u8 data[PADDING_BYTES]
    cdef Rtp rtp
    cdef Marking marking
    cdef Header header
    memset(data, 0, PADDING_BYTES)
    data[0] = 0xA0
    data[PADDING_BYTES - 1] = PADDING_BYTES - 12
    if parse_rtp(data, PADDING_BYTES, &rtp) != 0:
        return False
    memset(&marking, 0, sizeof(Marking))
    down.rtx_sequence_u16 += 1
    header.payload_type = down.padding_payload_type
    header.sequence_u16 = down.rtx_sequence_u16
    header.timestamp = down.last_timestamp
    header.ssrc = down.rtx_ssrc
    header.original_sequence = -1
    return send_media(state, down, newest_segment(&down.sequences), &rtp, &marking, &header, now_us)


# ------------------------------------------------------------------------------------------------------------ outcome

cdef void probe_note_arrival(Probe* probe, i64 sent_us, i64 arrival_us, int size_bytes) noexcept nogil:
    if probe.acked == 0:
        probe.first_sent_us = sent_us
        probe.first_arrival_us = probe.last_arrival_us = arrival_us
        probe.first_arrival_bytes = size_bytes
    probe.acked += 1
    probe.acked_bytes += size_bytes
    # The last burst's bytes left in no measured time.
    if sent_us > probe.last_sent_us:
        probe.last_sent_us = sent_us
        probe.last_sent_bytes = 0
    probe.last_sent_bytes += size_bytes
    probe.last_arrival_us = max(probe.last_arrival_us, arrival_us)


cdef void probe_conclude(Bandwidth* bandwidth, i64 now_us) noexcept nogil:
    """Take over what the probe showed once its packets had the time to be reported."""
    cdef Probe* probe = &bandwidth.probe
    cdef u64 shown_bps
    if probe.target_bps == 0 or now_us < probe.until_us + min(2 * bandwidth.round_trip_us, <i64>PROBE_WAIT_US):
        return
    shown_bps = probe_result(probe)
    if shown_bps > bandwidth.estimate_bps + bandwidth.estimate_bps // 10:
        bandwidth.estimate_bps = shown_bps
        bandwidth.capacity_bps = 0
        probe_schedule(probe, PROBE_INTERVAL_US, now_us + PROBE_FIRST_US)
    else:
        probe_abandon(probe, now_us)


cdef u64 probe_result(const Probe* probe) noexcept nogil:
    """The lower of the rates at which the probe left and arrived (section 5.5 caps increase in the same way)."""
    cdef i64 sent_us = probe.last_sent_us - probe.first_sent_us
    cdef i64 arrived_us = probe.last_arrival_us - probe.first_arrival_us
    cdef u64 sent_bps, arrived_bps
    if probe.acked < PROBE_MIN_PACKETS or sent_us < PROBE_US // 2 or arrived_us <= 0:
        return 0
    sent_bps = <u64>(probe.acked_bytes - probe.last_sent_bytes) * 8000000 // <u64>sent_us
    arrived_bps = <u64>(probe.acked_bytes - probe.first_arrival_bytes) * 8000000 // <u64>arrived_us
    if arrived_bps * 10 < sent_bps * 9:
        # The path was full: stay a little below what it gave.
        return arrived_bps * 95 // 100
    return min(sent_bps, arrived_bps)


cdef void probe_abandon(Probe* probe, i64 now_us) noexcept nogil:
    """Nothing was found: wait twice as long before the next try."""
    if probe.target_bps != 0:
        probe_schedule(probe, min(2 * probe.interval_us, <i64>PROBE_INTERVAL_MAX_US), now_us + probe.interval_us)


cdef inline void probe_schedule(Probe* probe, i64 interval_us, i64 next_us) noexcept nogil:
    probe.target_bps = 0
    probe.interval_us = interval_us
    probe.next_us = next_us
