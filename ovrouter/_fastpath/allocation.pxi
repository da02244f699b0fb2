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

# Room that a higher layer needs beyond its own rate; and a larger picture when the last one had to be given up.
cdef double UPGRADE_MARGIN = 1.2
cdef double CAUTIOUS_MARGIN = 2.0
# A single layer this much above what the client can take breaks audio too; it pauses until it fits.
cdef double PAUSE_EXCESS = 1.5
cdef double RESUME_EXCESS = 1.2

cdef struct Allocation:
    DownTrack* videos[MAX_ALLOCATED]
    # What each of them was to get until now.
    int before[MAX_ALLOCATED]
    int count
    bint is_proven_narrow
    u64 left_bps
    u64 wanted_bps
    # Of publishers with one layer: how many, what they send, and how much of that the estimate covers.
    int singles
    u64 singles_bps
    u64 singles_covered_bps


cdef void allocate(State* state, Client* client, i64 now_us) noexcept nogil:
    cdef Allocation plan
    cdef int index, point
    if now_us - client.allocated_us >= ALLOCATE_US or client.bandwidth.decreased_us > client.allocated_us:
        budget_repair(client, min(now_us - client.allocated_us, <i64>(10 * ALLOCATE_US)), now_us)
        client.allocated_us = now_us
        begin_plan(client, &plan, now_us)
        pause_excess(client, &plan, now_us)
        for point in range(1, POINTS):
            for index in range(plan.count):
                raise_point(&plan, index, point, now_us)
        share_rest(&plan)
        for index in range(plan.count):
            note_size(plan.videos[index], plan.before[index], now_us)
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
    plan.is_proven_narrow = client.bandwidth.decreased_us != 0
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


# --------------------------------------------------------------------------------------------------------- division

cdef void pause_excess(Client* client, Allocation* plan, i64 now_us) noexcept nogil:
    """Hand out the lowest layers; once the path has shown to be too narrow for all of them, the last go without."""
    cdef int index
    cdef u64 bps
    cdef DownTrack* down
    for index in range(plan.count):
        down = plan.videos[index]
        bps = point_bps(down, 0)
        if not plan.is_proven_narrow or bps <= down.min_bps or not is_excess(down, bps, plan.left_bps):
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
    if plan.left_bps >= step_bps * room_factor(plan, index, point, now_us):
        down.target = point
        take_for(plan, down, step_bps)


cdef double room_factor(const Allocation* plan, int index, int point, i64 now_us) noexcept nogil:
    """How much of the layer's own rate has to be left for it."""
    cdef const DownTrack* down = plan.videos[index]
    if plan.before[index] >= point:
        return 1.0
    if is_single(down.source) and not plan.is_proven_narrow:
        return 0.0
    return CAUTIOUS_MARGIN if is_cautious(down, plan.before[index], point, now_us) else UPGRADE_MARGIN


cdef void share_rest(Allocation* plan) noexcept nogil:
    """What publishers of one layer may send as far as this client is concerned: an equal share, or all that the others leave."""
    cdef u64 available_bps = plan.left_bps + plan.singles_covered_bps
    cdef u64 others_bps, share_bps
    cdef int index
    cdef DownTrack* down
    for index in range(plan.count):
        down = plan.videos[index]
        if is_single(down.source):
            others_bps = plan.singles_bps - point_bps(down, TOP_POINT)
            share_bps = max(available_bps // plan.singles, available_bps - min(others_bps, available_bps))
            down.source.has_narrowed |= share_bps < down.share_bps
            down.share_bps = share_bps


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
