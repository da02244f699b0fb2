# Who gets what of a client's estimate: audio always, then screens, then cameras; a layer up only when it fits with room to
# spare, so that layers do not flap; and what a publisher of one layer is asked to send.
#
# All climb the same ladder together: the temporal layers of the smallest picture, then the next picture. So on the way
# down a picture loses frames before it shrinks, and shrinks before it pauses. Only the smallest loses more than half of them.

cdef enum:
    ALLOCATE_US = 100000
    MAX_ALLOCATED = 64
    NO_LAYER = -1
    # What a camera of one layer may want when nobody limits it: browsers' own default maximum for 720p.
    UNLIMITED_BPS = 2500000
    # How long a single layer may exceed what the client can take: its publisher is asked to send less in the meantime.
    EXCESS_US = 4000000

# Room that a higher layer needs beyond its own rate.
cdef double UPGRADE_MARGIN = 1.2
# A single layer this much above what the client can take breaks audio too; it pauses until it fits.
cdef double PAUSE_EXCESS = 1.5
cdef double RESUME_EXCESS = 1.2

cdef struct Allocation:
    DownTrack* videos[MAX_ALLOCATED]
    # What each of them was to get until now.
    int before[MAX_ALLOCATED]
    int count
    u64 left_bps
    u64 wanted_bps
    # Of publishers with one layer: how many, what they send, and how much of that the estimate covers.
    int singles
    u64 singles_bps
    u64 singles_covered_bps


cdef void allocate(State* state, Client* client, i64 now_us) noexcept nogil:
    cdef Allocation plan
    cdef int index, point
    if now_us - client.allocated_us >= ALLOCATE_US:
        budget_repair(client, min(now_us - client.allocated_us, <i64>(10 * ALLOCATE_US)))
        client.allocated_us = now_us
        begin_plan(client, &plan, now_us)
        pause_excess(client, &plan, now_us)
        for point in range(1, POINTS):
            for index in range(plan.count):
                raise_point(&plan, index, point, now_us)
        share_rest(&plan)
        for index in range(plan.count):
            say_why(plan.videos[index], now_us)
        client.wanted_bps = plan.wanted_bps
    probe_step(state, client, client.wanted_bps, now_us)


cdef void begin_plan(Client* client, Allocation* plan, i64 now_us) noexcept nogil:
    """Everybody at the lowest layer, screens first; what is left may be divided."""
    cdef int pass_index, index
    cdef Transport* transport
    cdef DownTrack* down
    memset(plan, 0, sizeof(Allocation))
    plan.left_bps = client.bandwidth.estimate_bps if client.bandwidth.estimate_bps else BANDWIDTH_MAX_BPS
    take(plan, <u64>client.repair_bps)
    plan.wanted_bps = <u64>client.repair_bps
    client.bandwidth.floor_bps = BANDWIDTH_MIN_BPS
    client.media_bps = 0
    for pass_index in range(2):
        transport = client.transports
        while transport != NULL:
            for index in range(transport.down_count):
                down = transport.downs[index]
                if pass_index == 0 and not down.source.is_video:
                    take(plan, point_bps(down, TOP_POINT))
                elif down.source.is_video and down.is_screen == (pass_index == 0) and plan.count < MAX_ALLOCATED:
                    begin_video(plan, down, now_us)
                if pass_index == 0 and down.layer >= 0:
                    client.media_bps += sent_bps(down)
                    client.bandwidth.floor_bps = max(client.bandwidth.floor_bps, down.min_bps)
            transport = transport.next_of_client


cdef u64 sent_bps(const DownTrack* down) noexcept nogil:
    return down.source.layers[down.layer].rates.bps[down.point] if down.layer >= 0 else 0


cdef u64 point_bps(const DownTrack* down, int point) noexcept nogil:
    """What the operating point of the track takes; a spatial layer is a simulcast layer where there are such."""
    cdef const LayerRates* rates = rates_of(down, spatial_of(point))
    return rates.bps[point_of(MAX_SPATIAL - 1, temporal_of(point)) if down.source.layer_count > 1 else point]


cdef inline const LayerRates* rates_of(const DownTrack* down, int spatial) noexcept nogil:
    return &down.source.layers[min(spatial, down.source.layer_count - 1)].rates


cdef inline bint is_single(const UpTrack* track) noexcept nogil:
    """Whether there is but one picture size."""
    return track.layer_count == 1 and track.layers[0].spatial_layers < 2


cdef u64 take(Allocation* plan, u64 bps) noexcept nogil:
    """As much of it as there is."""
    bps = min(bps, plan.left_bps)
    plan.left_bps -= bps
    return bps


cdef inline void take_for(Allocation* plan, const DownTrack* down, u64 bps) noexcept nogil:
    cdef u64 taken_bps = take(plan, bps)
    if is_single(down.source):
        plan.singles_covered_bps += taken_bps


cdef void begin_video(Allocation* plan, DownTrack* down, i64 now_us) noexcept nogil:
    plan.videos[plan.count] = down
    plan.before[plan.count] = down.target
    plan.count += 1
    down.target = 0
    if not is_single(down.source):
        plan.wanted_bps += <u64>(point_bps(down, top_point(down, now_us)) * UPGRADE_MARGIN)
        return
    plan.wanted_bps += down.max_bps if down.max_bps else UNLIMITED_BPS
    plan.singles += 1
    plan.singles_bps += point_bps(down, TOP_POINT)


cdef int alive_layer(const UpTrack* track, i64 now_us) noexcept nogil:
    """The highest simulcast layer that is being sent."""
    cdef int layer = track.layer_count - 1
    while layer > 0 and now_us - track.layers[layer].last_packet_us > LAYER_ALIVE_US:
        layer -= 1
    return layer


cdef int alive_point(const DownTrack* down, i64 now_us) noexcept nogil:
    """The highest operating point that is being sent."""
    cdef const UpTrack* track = down.source
    cdef int layer = alive_layer(track, now_us)
    cdef const LayerRates* rates = rates_of(down, layer)
    return point_of(layer if track.layer_count > 1 else rates.top_spatial, rates.top_temporal)


cdef int top_point(const DownTrack* down, i64 now_us) noexcept nogil:
    """The highest operating point that is being sent and keeps to the subscriber's maximum."""
    cdef int point = alive_point(down, now_us)
    while point > 0 and exceeds_maximum(down, point):
        point -= 1
    return point


cdef bint exceeds_maximum(const DownTrack* down, int point) noexcept nogil:
    """Publishers of one picture size are told the maximum themselves, so a moment above it is no reason to leave frames out."""
    cdef double limit_bps = down.max_bps * (LIMIT_TOLERANCE if is_single(down.source) else 1.0)
    return down.max_bps != 0 and point_bps(down, point) > limit_bps


# --------------------------------------------------------------------------------------------------------- division

cdef void pause_excess(Client* client, Allocation* plan, i64 now_us) noexcept nogil:
    """Hand out the lowest layers; once the path has shown to be too narrow for all of them, the last go without."""
    cdef int index
    cdef u64 bps
    cdef DownTrack* down
    for index in range(plan.count):
        down = plan.videos[index]
        bps = point_bps(down, 0)
        if client.bandwidth.decreased_us == 0 or bps <= down.min_bps or not is_excess(down, bps, plan.left_bps):
            down.excess_us = now_us
        elif now_us - down.excess_us > EXCESS_US:
            down.target = NO_LAYER
            continue
        take_for(plan, down, bps)


cdef inline bint is_excess(const DownTrack* down, u64 bps, u64 left_bps) noexcept nogil:
    return bps > left_bps * (RESUME_EXCESS if down.layer == NO_LAYER else PAUSE_EXCESS)


cdef void raise_point(Allocation* plan, int index, int point, i64 now_us) noexcept nogil:
    """One step up the ladder; layers that are not sent cost nothing."""
    cdef DownTrack* down = plan.videos[index]
    cdef u64 step_bps
    if down.target == NO_LAYER or point != next_point(down, down.target) or exceeds_maximum(down, point):
        return
    if down.source.layer_count > 1 and spatial_of(point) > alive_layer(down.source, now_us):
        return
    step_bps = point_bps(down, point) - min(point_bps(down, point), point_bps(down, down.target))
    if plan.left_bps >= step_bps * (1.0 if plan.before[index] >= point else UPGRADE_MARGIN):
        down.target = point
        take_for(plan, down, step_bps)


cdef int next_point(const DownTrack* down, int point) noexcept nogil:
    """The rung above *point*."""
    if point == TOP_POINT or temporal_of(point) < MAX_TEMPORAL - 1:
        return point + 1
    return point_of(spatial_of(point) + 1, max(rates_of(down, spatial_of(point) + 1).top_temporal - 1, 0))


cdef void share_rest(Allocation* plan) noexcept nogil:
    """What publishers of one layer may send as far as this client is concerned: an equal share, or all that the others leave."""
    cdef u64 available_bps = plan.left_bps + plan.singles_covered_bps
    cdef u64 others_bps
    cdef int index
    cdef DownTrack* down
    for index in range(plan.count):
        down = plan.videos[index]
        if is_single(down.source):
            others_bps = plan.singles_bps - point_bps(down, TOP_POINT)
            down.share_bps = max(available_bps // plan.singles, available_bps - min(others_bps, available_bps))


cdef void say_why(DownTrack* down, i64 now_us) noexcept nogil:
    cdef int top = alive_point(down, now_us)
    if down.target == NO_LAYER:
        down.reason = REASON_PAUSED
    elif down.is_limited or temporal_limit(down) < temporal_of(top):
        down.reason = REASON_LIMIT
    elif spatial_of(sent_point(down)) != spatial_of(shown_point(down, down.target)):
        down.reason = REASON_KEYFRAME
    elif shown_point(down, down.target) < top:
        down.reason = REASON_LIMIT if exceeds_maximum(down, next_point(down, down.target)) else REASON_BANDWIDTH
    elif spatial_of(top) < down.source.layer_count - 1:
        down.reason = REASON_PUBLISHER
    else:
        down.reason = REASON_WANTED


cdef int sent_point(const DownTrack* down) noexcept nogil:
    """What the subscriber gets, -1: nothing."""
    if not down.is_started or down.layer == NO_LAYER:
        return NO_LAYER
    if down.source.layer_count == 1:
        return shown_point(down, down.point)
    return shown_point(down, point_of(down.layer, temporal_of(down.point)))


cdef int shown_point(const DownTrack* down, int point) noexcept nogil:
    """*point* without layers that the publisher does not send."""
    cdef const LayerRates* rates
    cdef int count = down.source.layer_count
    if point == NO_LAYER:
        return NO_LAYER
    rates = rates_of(down, spatial_of(point))
    return point_of(
        min(spatial_of(point), count - 1 if count > 1 else rates.top_spatial),
        min(temporal_of(point), rates.top_temporal),
    )
