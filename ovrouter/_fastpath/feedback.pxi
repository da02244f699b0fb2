# What became of the packets sent to a peer: transport-wide sequence numbers out, feedback on them in
# (draft-holmer-rmcat-transport-wide-cc-extensions-01). Feedback that names packets never sent is refused whole; a peer that lies
# about arrivals harms its own estimate.
#
# A transport has a history only while it belongs to a client.

cdef enum:
    SENT_PENDING = 1
    SENT_LOST = 2
    # Arrival times stay positive whatever a peer says.
    REFERENCE_START = 1 << 24
    # Two seconds, in units of 64 ms.
    REFERENCE_BACK_MAX = 32
    FMT_TRANSPORT_FEEDBACK = 15


cdef int write_transport_sequence(const DownTrack* down, const Rtp* rtp, u8* out) noexcept nogil:
    """Put the next number into the copy *out* of the packet's header; returns the header's new length.

    Publishers that number their own packets leave the room for it; for others an element is added.
    """
    cdef const SendHistory* history = down.transport.history
    cdef int index = find_extension(rtp, down.source.twcc_extension)
    cdef u8* element
    if index < 0 or rtp.extension_length[index] != 2:
        return append_extension(out, rtp.header_length, history.extension, <u16>history.next_sequence)
    element = out + rtp.extension_offset[index]
    write_u16(element, <u16>history.next_sequence)
    if rtp.has_two_byte_extensions:
        write_u16(element - 2, (<u32>history.extension << 8) | 2)
    else:
        (element - 1)[0] = <u8>((history.extension << 4) | 1)
    return rtp.header_length


cdef void history_add(Transport* transport, int size_bytes, i64 now_us) noexcept nogil:
    """The packet with the next number has left."""
    cdef SendHistory* history = transport.history
    cdef SentPacket* packet = &history.packets[history.next_sequence & (SENT_PACKETS - 1)]
    cdef Probe* probe = &transport.client.bandwidth.probe
    packet.sent_us = <u32>now_us
    packet.size_bytes = <u16>size_bytes
    packet.status = SENT_PENDING
    packet.probe = probe.number if probe.target_bps != 0 and now_us < probe.until_us else 0
    history.next_sequence += 1


cdef void on_transport_feedback(
    State* state, Transport* transport, const u8* data, int size, i64 now_us
) noexcept nogil:
    cdef u8 statuses[SENT_PACKETS]
    cdef SendHistory* history = transport.history
    cdef int count, offset
    cdef i64 first
    if history == NULL:
        return
    count = read_u16(data + 14)
    first = extend_u16(history.next_sequence, read_u16(data + 12))
    if count == 0 or count > SENT_PACKETS or first + count > history.next_sequence:
        state.drops[DROP_RTCP_UNTRUE] += 1
        return
    offset = read_statuses(data, size, count, statuses)
    if offset < 0:
        state.drops[DROP_RTCP_MALFORMED] += 1
        return
    read_arrivals(transport, data + offset, size - offset, first, count, statuses, feedback_base_us(history, data), now_us)
    update_bandwidth(&transport.client.bandwidth, &history.trend, now_us)


cdef int read_statuses(const u8* data, int size, int count, u8* statuses) noexcept nogil:
    """Unpack the status chunks (sections 3.1.3 and 3.1.4); returns where the deltas begin, -1 if chunks are missing."""
    cdef int offset = 20
    cdef int known = 0
    cdef int chunk, bit
    while known < count:
        if offset + 2 > size:
            return -1
        chunk = read_u16(data + offset)
        offset += 2
        if not chunk & 0x8000:
            for bit in range(min(chunk & 0x1FFF, count - known)):
                statuses[known + bit] = (chunk >> 13) & 3
            known += chunk & 0x1FFF
        elif chunk & 0x4000:
            for bit in range(min(7, count - known)):
                statuses[known + bit] = (chunk >> (12 - 2 * bit)) & 3
            known += 7
        else:
            for bit in range(min(14, count - known)):
                statuses[known + bit] = (chunk >> (13 - bit)) & 1
            known += 14
    return offset


cdef i64 feedback_base_us(SendHistory* history, const u8* data) noexcept nogil:
    """Reference time of the message, its 24 bits of 64 ms unwrapped. Messages may overtake each other; a peer whose clock
    goes back further has a new one."""
    cdef i64 reference = read_u24(data + 16)
    cdef i64 step = <i64>(<int>(<u32>(reference - history.reference) << 8) >> 8)
    history.reference += step
    if step < -REFERENCE_BACK_MAX or history.reference < REFERENCE_START:
        history.reference = REFERENCE_START + reference
        memset(&history.trend, 0, sizeof(DelayTrend))
    return history.reference * 64000


cdef void read_arrivals(
    Transport* transport, const u8* deltas, int length, i64 first, int count, const u8* statuses, i64 arrival_us, i64 now_us
) noexcept nogil:
    cdef int offset = 0
    cdef int index
    for index in range(count):
        if statuses[index] == 1 and offset + 1 <= length:
            arrival_us += 250 * <i64>deltas[offset]
            offset += 1
        elif statuses[index] == 2 and offset + 2 <= length:
            arrival_us += 250 * <i64>(<i16>read_u16(deltas + offset))
            offset += 2
        elif statuses[index] != 0:
            return
        note_outcome(transport, first + index, statuses[index] != 0, arrival_us, now_us)


cdef void note_outcome(Transport* transport, i64 sequence, bint has_arrived, i64 arrival_us, i64 now_us) noexcept nogil:
    """Each packet counts once; one reported lost that turns up in a later message was only late."""
    cdef SendHistory* history = transport.history
    cdef SentPacket* packet = &history.packets[sequence & (SENT_PACKETS - 1)]
    cdef Bandwidth* bandwidth
    cdef i64 sent_us
    if history.next_sequence - sequence > SENT_PACKETS or packet.status == 0:
        return
    bandwidth = &transport.client.bandwidth
    if not has_arrived:
        if packet.status == SENT_PENDING:
            bandwidth.sent_packets += 1
            bandwidth.lost_packets += 1
            packet.status = SENT_LOST
        return
    if packet.status == SENT_PENDING:
        bandwidth.sent_packets += 1
    elif bandwidth.lost_packets > 0:
        bandwidth.lost_packets -= 1
    packet.status = 0
    sent_us = now_us - <i64>(<u32>now_us - packet.sent_us)
    bandwidth.round_trip_us = now_us - sent_us
    trend_add(&history.trend, sent_us, arrival_us)
    acked_add(&bandwidth.acked, arrival_us, packet.size_bytes)
    if packet.probe != 0 and packet.probe == bandwidth.probe.number:
        probe_note_arrival(&bandwidth.probe, sent_us, arrival_us, packet.size_bytes)
