# Who gets what of a client's estimate: audio always, then screens, then cameras; a layer up only when it fits with room to
# spare, so that layers do not flap; and what a publisher of one layer is asked to send.

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
    int count
    u64 left_bps
    u64 wanted_bps
    # Of publishers with one layer: how many, what they send, and how much of that the estimate covers.
    int singles
    u64 singles_bps
    u64 singles_covered_bps


cdef void allocate(State* state, Client* client, i64 now_us) noexcept nogil:
    cdef Allocation plan
    cdef int index, level
    if now_us - client.allocated_us >= ALLOCATE_US:
        budget_repair(client, min(now_us - client.allocated_us, <i64>(10 * ALLOCATE_US)))
        client.allocated_us = now_us
        begin_plan(client, &plan, now_us)
        pause_excess(client, &plan, now_us)
        for level in range(1, MAX_LAYERS):
            for index in range(plan.count):
                raise_layer(&plan, plan.videos[index], level, now_us)
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
                    take(plan, layer_bps(down, 0))
                elif down.source.is_video and down.is_screen == (pass_index == 0) and plan.count < MAX_ALLOCATED:
                    begin_video(plan, down, now_us)
                if pass_index == 0 and down.layer >= 0:
                    client.media_bps += layer_bps(down, down.layer)
                    client.bandwidth.floor_bps = max(client.bandwidth.floor_bps, down.min_bps)
            transport = transport.next_of_client


cdef inline u64 layer_bps(const DownTrack* down, int layer) noexcept nogil:
    return down.source.layers[layer].bitrate_bps


cdef inline void take(Allocation* plan, u64 bps) noexcept nogil:
    plan.left_bps -= min(bps, plan.left_bps)


cdef void begin_video(Allocation* plan, DownTrack* down, i64 now_us) noexcept nogil:
    cdef int top = top_layer(down, now_us)
    plan.videos[plan.count] = down
    plan.count += 1
    down.target_layer = 0
    if down.source.layer_count > 1:
        plan.wanted_bps += <u64>(layer_bps(down, top) * UPGRADE_MARGIN)
    else:
        plan.wanted_bps += down.max_bps if down.max_bps else UNLIMITED_BPS


cdef int alive_layer(const UpTrack* track, i64 now_us) noexcept nogil:
    """The highest layer that is being sent."""
    cdef int layer = track.layer_count - 1
    while layer > 0 and now_us - track.layers[layer].last_packet_us > LAYER_ALIVE_US:
        layer -= 1
    return layer


cdef int top_layer(const DownTrack* down, i64 now_us) noexcept nogil:
    """The highest layer that is being sent and keeps to the subscriber's maximum."""
    cdef int layer = alive_layer(down.source, now_us)
    while layer > 0 and down.max_bps and layer_bps(down, layer) > down.max_bps:
        layer -= 1
    return layer


# --------------------------------------------------------------------------------------------------------- division

cdef void pause_excess(Client* client, Allocation* plan, i64 now_us) noexcept nogil:
    """Hand out the lowest layers; once the path has shown to be too narrow for all of them, the last go without."""
    cdef int index
    cdef u64 bps
    cdef DownTrack* down
    for index in range(plan.count):
        down = plan.videos[index]
        bps = layer_bps(down, 0)
        if down.source.layer_count == 1:
            plan.singles += 1
            plan.singles_bps += bps
            plan.singles_covered_bps += min(bps, plan.left_bps)
        if client.bandwidth.decreased_us == 0 or bps <= down.min_bps or not is_excess(down, bps, plan.left_bps):
            down.excess_us = now_us
        elif now_us - down.excess_us > EXCESS_US:
            down.target_layer = NO_LAYER
            continue
        take(plan, bps)


cdef inline bint is_excess(const DownTrack* down, u64 bps, u64 left_bps) noexcept nogil:
    return bps > left_bps * (RESUME_EXCESS if down.layer == NO_LAYER else PAUSE_EXCESS)


cdef void raise_layer(Allocation* plan, DownTrack* down, int level, i64 now_us) noexcept nogil:
    cdef u64 step_bps
    if down.target_layer != level - 1 or level > top_layer(down, now_us):
        return
    step_bps = layer_bps(down, level) - min(layer_bps(down, level), layer_bps(down, level - 1))
    if plan.left_bps >= step_bps * (1.0 if down.layer >= level else UPGRADE_MARGIN):
        down.target_layer = level
        take(plan, step_bps)


cdef void share_rest(Allocation* plan) noexcept nogil:
    """What publishers of one layer may send as far as this client is concerned: an equal share, or all that the others leave."""
    cdef u64 available_bps = plan.left_bps + plan.singles_covered_bps
    cdef u64 others_bps
    cdef int index
    cdef DownTrack* down
    for index in range(plan.count):
        down = plan.videos[index]
        if down.source.layer_count == 1:
            others_bps = plan.singles_bps - layer_bps(down, 0)
            down.share_bps = max(available_bps // plan.singles, available_bps - min(others_bps, available_bps))


cdef void say_why(DownTrack* down, i64 now_us) noexcept nogil:
    if down.target_layer == NO_LAYER:
        down.reason = REASON_PAUSED
    elif down.is_limited:
        down.reason = REASON_LIMIT
    elif down.target_layer != down.layer or not down.is_started:
        down.reason = REASON_KEYFRAME
    elif down.target_layer < top_layer(down, now_us):
        down.reason = REASON_BANDWIDTH
    elif down.target_layer < alive_layer(down.source, now_us):
        down.reason = REASON_LIMIT
    elif down.target_layer < down.source.layer_count - 1:
        down.reason = REASON_PUBLISHER
    else:
        down.reason = REASON_WANTED
