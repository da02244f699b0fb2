# What the way to one client carries: draft-ietf-rmcat-gcc-02 sections 5.5 and 6, from the feedback of all its transports.
#
# Loss that stays when the rate falls is the link's own (a radio link, say) and no reason to fall further; what the
# publisher's uplink lost never had a transport-wide number here and does not count at all.

cdef enum:
    BANDWIDTH_START_BPS = 600000
    BANDWIDTH_MIN_BPS = 50000
    BANDWIDTH_MAX_BPS = 100000000
    SLICE_US = 25000
    # For 150 ms nothing came: nothing was sent, and the path carried nothing for want of work.
    SILENT_SLICES = 6
    # Less says nothing of a rate. What comes out of a queue comes evenly, so there this much is enough.
    MEASURED_SLICES = 6
    # An arrival this long before others is told by a new clock.
    CLOCK_BACK_SLICES = 4 * 40
    # Section 5.5: multiplicative increase while the capacity is unknown, about one packet per response time near it.
    RESPONSE_US = 100000
    PACKET_BITS = 9600
    # Loss is judged over at least this.
    LOSS_INTERVAL_US = 500000
    LOSS_PACKETS = 20

cdef double INCREASE_PER_S = 0.08
cdef double DECREASE = 0.85
cdef double LOSS_HIGH = 0.10
cdef double LOSS_LOW = 0.02


cdef void update_bandwidth(Bandwidth* bandwidth, const DelayTrend* trend, i64 now_us) noexcept nogil:
    """After each feedback message; *trend* is its transport's."""
    cdef u64 acked_bps = acked_rate(&bandwidth.acked)
    cdef i64 elapsed_us = min(now_us - bandwidth.updated_us, 1000000) if bandwidth.updated_us else 0
    bandwidth.updated_us = now_us
    bandwidth.fed_back_us = now_us
    if trend.path == PATH_OVERUSED:
        decrease(bandwidth, is_sudden(trend), now_us)
    elif trend.path == PATH_NORMAL:
        increase(bandwidth, acked_bps, elapsed_us)
    probe_conclude(bandwidth, now_us)
    judge_loss(bandwidth, now_us)
    clamp_estimate(bandwidth)


cdef inline void clamp_estimate(Bandwidth* bandwidth) noexcept nogil:
    bandwidth.estimate_bps = min(max(bandwidth.estimate_bps, bandwidth.floor_bps), <u64>BANDWIDTH_MAX_BPS)


cdef void decrease(Bandwidth* bandwidth, bint is_sudden_drop, i64 now_us) noexcept nogil:
    """To a little less than what got through, once per round trip; of a sudden drop, after it."""
    cdef u64 carried_bps = carried_rate(&bandwidth.acked, MEASURED_SLICES if is_sudden_drop else ACKED_SLICES)
    if carried_bps == 0 or now_us - bandwidth.decreased_us < max(bandwidth.round_trip_us, <i64>RESPONSE_US):
        return
    bandwidth.decreased_us = now_us
    note_capacity(bandwidth, carried_bps)
    bandwidth.estimate_bps = min(bandwidth.estimate_bps, <u64>(DECREASE * carried_bps))
    probe_abandon(&bandwidth.probe, now_us)


cdef void increase(Bandwidth* bandwidth, u64 acked_bps, i64 elapsed_us) noexcept nogil:
    """Never far beyond what was shown to pass: a router is limited by its publishers most of the time."""
    cdef double estimate_bps = bandwidth.estimate_bps
    cdef u64 shown_bps = acked_bps + acked_bps // 2 + 10000
    if acked_bps > bandwidth.estimate_bps:
        # It passed, and no queue grew.
        bandwidth.estimate_bps = acked_bps
    if bandwidth.capacity_bps > 0 and acked_bps > bandwidth.capacity_bps + capacity_spread(bandwidth):
        bandwidth.capacity_bps = 0
    if bandwidth.capacity_bps > 0:
        estimate_bps += PACKET_BITS * (elapsed_us / <double>(bandwidth.round_trip_us + RESPONSE_US))
    else:
        estimate_bps += estimate_bps * INCREASE_PER_S * (elapsed_us / 1e6)
    if bandwidth.estimate_bps < shown_bps:
        bandwidth.estimate_bps = min(<u64>estimate_bps, shown_bps)


# --------------------------------------------------------------------------------------------------------- capacity

cdef inline double capacity_spread(const Bandwidth* bandwidth) noexcept nogil:
    """Three standard deviations."""
    return 3.0 * (bandwidth.capacity_variance * bandwidth.capacity_bps) ** 0.5


cdef void note_capacity(Bandwidth* bandwidth, double acked_bps) noexcept nogil:
    """The rate at which the queue began to grow; variance is kept relative to the mean."""
    cdef double error
    if bandwidth.capacity_bps <= 0 or acked_bps < bandwidth.capacity_bps - capacity_spread(bandwidth):
        bandwidth.capacity_bps = acked_bps
        bandwidth.capacity_variance = 400.0
        return
    error = acked_bps - bandwidth.capacity_bps
    bandwidth.capacity_bps += 0.05 * error
    bandwidth.capacity_variance = 0.95 * bandwidth.capacity_variance + 0.05 * error * error / bandwidth.capacity_bps
    bandwidth.capacity_variance = min(max(bandwidth.capacity_variance, 400.0), 2500.0)


# ------------------------------------------------------------------------------------------------------------- loss

cdef void judge_loss(Bandwidth* bandwidth, i64 now_us) noexcept nogil:
    if now_us - bandwidth.loss_judged_us < LOSS_INTERVAL_US or bandwidth.sent_packets < LOSS_PACKETS:
        return
    bandwidth.loss = <double>bandwidth.lost_packets / bandwidth.sent_packets
    bandwidth.sent_packets = bandwidth.lost_packets = 0
    bandwidth.loss_judged_us = now_us
    learn_inherent_loss(bandwidth)
    if bandwidth.loss - bandwidth.inherent_loss > LOSS_HIGH:
        bandwidth.loss_at_decrease = bandwidth.loss
        bandwidth.bps_at_decrease = bandwidth.estimate_bps
        bandwidth.estimate_bps = <u64>(bandwidth.estimate_bps * (1.0 - 0.5 * (bandwidth.loss - bandwidth.inherent_loss)))


cdef void learn_inherent_loss(Bandwidth* bandwidth) noexcept nogil:
    """Loss that a lower rate did not cure was not ours."""
    bandwidth.inherent_loss = min(0.98 * bandwidth.inherent_loss, bandwidth.loss)
    if bandwidth.loss_at_decrease > 0 and bandwidth.estimate_bps < bandwidth.bps_at_decrease:
        if bandwidth.loss > 0.7 * bandwidth.loss_at_decrease:
            bandwidth.inherent_loss = max(bandwidth.inherent_loss, bandwidth.loss)
        bandwidth.loss_at_decrease = 0


# ----------------------------------------------------------------------------------------------- acknowledged bitrate

cdef void acked_add(AckedRate* acked, i64 arrival_us, int size_bytes) noexcept nogil:
    cdef i64 slice = arrival_us // SLICE_US
    if slice > acked.newest_slice + ACKED_SLICES or slice < acked.newest_slice - CLOCK_BACK_SLICES:
        memset(acked, 0, sizeof(AckedRate))
        acked.first_slice = acked.newest_slice = slice
    while acked.newest_slice < slice:
        acked.newest_slice += 1
        acked.slice_bytes[acked.newest_slice % ACKED_SLICES] = 0
    if slice > acked.newest_slice - ACKED_SLICES:
        acked.slice_bytes[slice % ACKED_SLICES] += size_bytes


cdef u64 acked_rate(const AckedRate* acked) noexcept nogil:
    """Bits per second over the last half second without the slice in progress; 0 in the first 150 ms."""
    cdef i64 slices = finished_slices(acked)
    return slices_rate(acked, slices, slices) if slices >= MEASURED_SLICES else 0


cdef u64 carried_rate(const AckedRate* acked, i64 most_slices) noexcept nogil:
    """The same without silences: at the end of one the path is as wide as before."""
    cdef i64 slices = min(finished_slices(acked), most_slices)
    cdef i64 index
    cdef i64 run = 0, silent = 0
    for index in range(slices):
        run = run + 1 if acked.slice_bytes[(acked.newest_slice - 1 - index) % ACKED_SLICES] == 0 else 0
        if run == SILENT_SLICES:
            silent += SILENT_SLICES
        elif run > SILENT_SLICES:
            silent += 1
    return slices_rate(acked, slices, slices - silent) if slices - silent >= MEASURED_SLICES else 0


cdef inline i64 finished_slices(const AckedRate* acked) noexcept nogil:
    return min(acked.newest_slice - acked.first_slice, <i64>(ACKED_SLICES - 1))


cdef u64 slices_rate(const AckedRate* acked, i64 slices, i64 counted) noexcept nogil:
    cdef i64 index
    cdef u64 total = 0
    for index in range(slices):
        total += acked.slice_bytes[(acked.newest_slice - 1 - index) % ACKED_SLICES]
    return total * 8 * 1000000 // <u64>(counted * SLICE_US)
