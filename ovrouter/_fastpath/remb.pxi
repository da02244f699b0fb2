# What a subscriber without transport-wide feedback says it can take (draft-alvestrand-rmcat-remb-03).
#
# A receiver's estimate follows what it gets, at most half more. So it counts only once it has been below what was sent, and
# padding that shall raise it has to last: 60 ms of it would not show.

cdef enum:
    REMB_PROBE_US = 2000000
    # Beyond it any mantissa but 0 is more than BANDWIDTH_MAX_BPS.
    REMB_MAX_EXPONENT = 32

# Of what is sent: who finds the path full asks for 85 % of what passes, and estimates lag while the rate grows.
cdef double REMB_NARROW = 0.85


cdef void on_remb(Transport* transport, const u8* data, i64 now_us) noexcept nogil:
    cdef Client* client = transport.client
    cdef u64 before_bps = transport.remb_bps
    if memcmp(data + 12, b"REMB", 4) != 0 or client == NULL or transport.history != NULL:
        return
    # 0 means that it has said nothing.
    transport.remb_bps = max(read_remb(data), <u64>1)
    if transport.remb_bps < REMB_NARROW * sent_media_bps(transport):
        client.bandwidth.decreased_us = now_us
    if transport.remb_bps < before_bps:
        # Padding would have raised it, had there been room.
        probe_abandon(&client.bandwidth.probe, now_us)
    if client.bandwidth.decreased_us != 0:
        follow_remb(client, now_us)


cdef inline u64 read_remb(const u8* data) noexcept nogil:
    cdef u32 packed = read_u32(data + 16)
    return min(<u64>(packed & 0x3FFFF) << min((packed >> 18) & 0x3F, <u32>REMB_MAX_EXPONENT), <u64>BANDWIDTH_MAX_BPS)


cdef u64 sent_media_bps(const Transport* transport) noexcept nogil:
    cdef int index
    cdef u64 bps = 0
    for index in range(transport.down_count):
        bps += sent_bps(transport.downs[index])
    return bps


cdef void follow_remb(Client* client, i64 now_us) noexcept nogil:
    """The client's transports share one link, and each has its own estimate of its part; the silent get what they get."""
    cdef Bandwidth* bandwidth = &client.bandwidth
    cdef const Transport* transport = client.transports
    cdef u64 total_bps = 0
    while transport != NULL:
        total_bps += transport.remb_bps if transport.remb_bps else sent_media_bps(transport)
        transport = transport.next_of_client
    if bandwidth.probe.target_bps != 0 and now_us >= bandwidth.probe.until_us:
        if total_bps > bandwidth.estimate_bps + bandwidth.estimate_bps // 10:
            probe_schedule(&bandwidth.probe, PROBE_INTERVAL_US, now_us)
        else:
            probe_abandon(&bandwidth.probe, now_us)
    bandwidth.estimate_bps = total_bps
    bandwidth.fed_back_us = now_us
    clamp_estimate(bandwidth)
