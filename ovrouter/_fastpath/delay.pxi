# Does the queue on the way to a peer grow? Packet groups, a trendline over their delay, and an adaptive threshold:
# draft-ietf-rmcat-gcc-02 sections 5.2 to 5.5, with the regression in place of the Kalman filter.

cdef enum:
    # Section 5.2: what leaves within this time is one group.
    BURST_US = 5000
    # A queue that drains delivers packets of several groups at once; they count as one up to this age.
    BURST_MAX_US = 100000
    MAX_DELTAS = 60
    SUDDEN_GROUPS = 3
    # The filter starts anew after a silence: what the queue did meanwhile is unknown.
    SILENCE_US = 2000000

cdef double SMOOTHING = 0.9
cdef double TREND_GAIN = 4.0
cdef double OVERUSE_MS = 10.0
# A queue that has grown this much within a few groups needs no regression (a cumulative sum, of what is beyond the drift that
# an estimate a little too high causes).
cdef double SUDDEN_MS = 80.0
cdef double SUDDEN_DRIFT_MS = 5.0
# On a path that jitters, more than this many times its usual step from group to group.
cdef double SUDDEN_NOISES = 8.0
cdef double NOISE_SMOOTHING = 0.02
cdef double THRESHOLD_START_MS = 12.5
cdef double THRESHOLD_MIN_MS = 6.0
cdef double THRESHOLD_MAX_MS = 600.0
# The threshold follows the trend, faster down than up, so that a competing loss-based flow does not starve us.
cdef double THRESHOLD_UP = 0.0087
cdef double THRESHOLD_DOWN = 0.039
# A single spike (a handover, a suspended laptop) must not raise the threshold for long.
cdef double THRESHOLD_SPIKE_MS = 15.0


cdef void trend_add(DelayTrend* trend, i64 sent_us, i64 arrival_us) noexcept nogil:
    """A packet was sent and arrived; the two clocks need not agree. Packets come in the order in which they were sent."""
    cdef PacketGroup* group = &trend.group
    if trend.has_group and arrival_us - group.last_arrival_us > SILENCE_US:
        memset(trend, 0, sizeof(DelayTrend))
    if not trend.has_group:
        trend.has_group = True
        trend.threshold_ms = max(trend.threshold_ms, THRESHOLD_START_MS)
        start_group(group, sent_us, arrival_us)
    elif sent_us < group.first_sent_us:
        return
    elif is_in_group(group, sent_us, arrival_us):
        group.last_sent_us = max(group.last_sent_us, sent_us)
        group.last_arrival_us = max(group.last_arrival_us, arrival_us)
    else:
        if trend.has_before:
            trend_add_delta(
                trend,
                (group.last_sent_us - trend.before.last_sent_us) / 1000.0,
                (group.last_arrival_us - trend.before.last_arrival_us) / 1000.0,
                group.last_arrival_us,
            )
        trend.before = group[0]
        trend.has_before = True
        start_group(group, sent_us, arrival_us)


cdef inline void start_group(PacketGroup* group, i64 sent_us, i64 arrival_us) noexcept nogil:
    group.first_sent_us = group.last_sent_us = sent_us
    group.first_arrival_us = group.last_arrival_us = arrival_us


cdef inline bint is_in_group(const PacketGroup* group, i64 sent_us, i64 arrival_us) noexcept nogil:
    cdef i64 since_arrival_us = arrival_us - group.last_arrival_us
    cdef i64 since_sent_us = sent_us - group.last_sent_us
    if sent_us - group.first_sent_us <= BURST_US:
        return True
    return (
        since_arrival_us < since_sent_us
        and since_arrival_us <= BURST_US
        and arrival_us - group.first_arrival_us < BURST_MAX_US
    )


cdef void trend_add_delta(DelayTrend* trend, double sent_ms, double arrived_ms, i64 arrival_us) noexcept nogil:
    cdef int slot = trend.deltas % TREND_SAMPLES
    cdef double modified_ms = 0.0
    trend.accumulated_ms += arrived_ms - sent_ms
    trend.smoothed_ms = SMOOTHING * trend.smoothed_ms + (1.0 - SMOOTHING) * trend.accumulated_ms
    trend.arrival_ms[slot] = arrival_us / 1000.0
    trend.delay_ms[slot] = trend.smoothed_ms
    trend.deltas += 1
    if trend.deltas >= TREND_SAMPLES:
        modified_ms = min(trend.deltas, MAX_DELTAS) * trend_slope(trend) * TREND_GAIN
    judge(trend, modified_ms, sent_ms)
    note_growth(trend, arrived_ms - sent_ms)
    follow_threshold(trend, modified_ms, arrival_us)


cdef double trend_slope(const DelayTrend* trend) noexcept nogil:
    """Least squares: milliseconds of delay per millisecond."""
    cdef double mean_x = 0.0, mean_y = 0.0, numerator = 0.0, denominator = 0.0
    cdef int index
    for index in range(TREND_SAMPLES):
        mean_x += trend.arrival_ms[index] / TREND_SAMPLES
        mean_y += trend.delay_ms[index] / TREND_SAMPLES
    for index in range(TREND_SAMPLES):
        numerator += (trend.arrival_ms[index] - mean_x) * (trend.delay_ms[index] - mean_y)
        denominator += (trend.arrival_ms[index] - mean_x) * (trend.arrival_ms[index] - mean_x)
    return numerator / denominator if denominator > 0.0 else 0.0


cdef void judge(DelayTrend* trend, double modified_ms, double sent_ms) noexcept nogil:
    """Overuse must last and not shrink (section 5.4); one late group says nothing."""
    if modified_ms > trend.threshold_ms:
        trend.overused_ms += sent_ms if trend.overuses else sent_ms / 2.0
        trend.overuses += 1
        if trend.overused_ms > OVERUSE_MS and trend.overuses > 1 and modified_ms >= trend.modified_ms:
            trend.overused_ms = 0.0
            trend.overuses = 0
            trend.path = PATH_OVERUSED
    else:
        trend.overused_ms = 0.0
        trend.overuses = 0
        trend.path = PATH_UNDERUSED if modified_ms < -trend.threshold_ms else PATH_NORMAL
    trend.modified_ms = modified_ms


cdef void note_growth(DelayTrend* trend, double delta_ms) noexcept nogil:
    trend.noise_ms += NOISE_SMOOTHING * ((delta_ms if delta_ms > 0.0 else -delta_ms) - trend.noise_ms)
    trend.growth_ms = max(trend.growth_ms + delta_ms - SUDDEN_DRIFT_MS, 0.0)
    trend.growths = trend.growths + 1 if trend.growth_ms > 0.0 else 0
    if is_sudden(trend) and delta_ms > 0.0:
        trend.path = PATH_OVERUSED


cdef inline bint is_sudden(const DelayTrend* trend) noexcept nogil:
    """The path carries much less than before."""
    return trend.growths >= SUDDEN_GROUPS and trend.growth_ms > max(SUDDEN_MS, SUDDEN_NOISES * trend.noise_ms)


cdef void follow_threshold(DelayTrend* trend, double modified_ms, i64 arrival_us) noexcept nogil:
    """Section 5.4, equation 4."""
    cdef double size_ms = -modified_ms if modified_ms < 0.0 else modified_ms
    cdef double rate = THRESHOLD_DOWN if size_ms < trend.threshold_ms else THRESHOLD_UP
    cdef double elapsed_ms = min((arrival_us - trend.judged_us) / 1000.0, 100.0) if trend.judged_us else 0.0
    trend.judged_us = arrival_us
    if size_ms > trend.threshold_ms + THRESHOLD_SPIKE_MS:
        return
    trend.threshold_ms += rate * (size_ms - trend.threshold_ms) * max(elapsed_ms, 0.0)
    trend.threshold_ms = min(max(trend.threshold_ms, THRESHOLD_MIN_MS), THRESHOLD_MAX_MS)
