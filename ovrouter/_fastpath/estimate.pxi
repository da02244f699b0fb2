# How much a publisher may send when it takes only REMB: the loss-based controller of draft-ietf-rmcat-gcc-02 section 6.
#
# Publishers that negotiated transport-wide feedback estimate by themselves; to them REMB is only the configured cap.

cdef enum:
    ESTIMATE_START_BPS = 1000000
    ESTIMATE_MIN_BPS = 50000
    # 2 % and 10 % of 256: below, the path has room; above, it is overloaded.
    LOSS_LOW_256THS = 5
    LOSS_HIGH_256THS = 26


cdef void update_estimate(Transport* transport, i64 elapsed_us) noexcept nogil:
    """Once per report interval, after the loss of the interval is known."""
    cdef u64 received_bps = (transport.received_bytes - transport.estimated_bytes) * 8000000 // <u64>max(elapsed_us, 1)
    cdef u64 loss_256ths = worst_loss(transport)
    transport.estimated_bytes = transport.received_bytes
    if transport.estimate_bps == 0:
        transport.estimate_bps = ESTIMATE_START_BPS
    elif loss_256ths > LOSS_HIGH_256THS:
        transport.estimate_bps -= transport.estimate_bps * loss_256ths // 512
    elif loss_256ths < LOSS_LOW_256THS and transport.estimate_bps < received_bps * 3 // 2:
        # Never far beyond what was shown to pass.
        transport.estimate_bps += transport.estimate_bps * 8 // 100
    transport.estimate_bps = max(transport.estimate_bps, <u64>ESTIMATE_MIN_BPS)


cdef u8 worst_loss(Transport* transport) noexcept nogil:
    cdef int index
    cdef u8 worst = 0
    cdef SsrcEntry* entry
    for index in range(transport.ssrc_count):
        entry = &transport.ssrcs[index]
        if not entry.is_rtx:
            worst = max(worst, entry.track.layers[entry.layer].reception.fraction_lost)
    return worst


cdef u64 bitrate_cap(const Transport* transport) noexcept nogil:
    """What to tell the publisher in bit/s; 0: nothing."""
    cdef u64 cap_bps = BANDWIDTH_MAX_BPS
    cdef int index
    if not transport.has_remb:
        return 0
    if transport.max_bitrate_bps:
        cap_bps = transport.max_bitrate_bps
    if transport.twcc == NULL:
        cap_bps = min(cap_bps, transport.estimate_bps)
    for index in range(transport.up_count):
        cap_bps = min(cap_bps, max(audience_bps(transport.ups[index]), transport.min_bitrate_bps))
        if transport.audience_max_bps and is_single(transport.ups[index]) and transport.ups[index].is_video:
            cap_bps = min(cap_bps, max(transport.audience_max_bps, transport.min_bitrate_bps))
    return cap_bps if cap_bps < BANDWIDTH_MAX_BPS else 0


cdef u64 audience_bps(const UpTrack* track) noexcept nogil:
    """What three quarters of the subscribers of a single layer can take: one bad link must not spoil it for a crowd."""
    cdef u64 low_bps = 0
    cdef u64 high_bps = BANDWIDTH_MAX_BPS
    cdef u64 middle_bps
    cdef int audience = track.down_count + track.far_down_count
    if not track.is_video or not is_single(track) or count_narrower(track, high_bps) * 4 <= audience:
        return BANDWIDTH_MAX_BPS
    while high_bps - low_bps > 1000:
        middle_bps = (low_bps + high_bps) // 2
        if count_narrower(track, middle_bps) * 4 > audience:
            high_bps = middle_bps
        else:
            low_bps = middle_bps
    return low_bps


cdef int count_narrower(const UpTrack* track, u64 bps) noexcept nogil:
    """Subscribers, here and at mirrors, whose path has shown that it cannot carry *bps*."""
    cdef int index, narrow
    cdef int count = 0
    for index in range(track.down_count):
        count += is_narrow(track.downs[index]) and track.downs[index].share_bps < bps
    for index in range(track.mirror_count):
        for narrow in range(track.mirrors[index].audience.narrow_count):
            count += track.mirrors[index].audience.shares_bps[narrow] < bps
    return count


cdef inline bint is_narrow(const DownTrack* down) noexcept nogil:
    return down.transport.client != NULL and down.transport.client.bandwidth.decreased_us != 0
