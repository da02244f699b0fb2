# A joiner's first picture: the newest keyframe and what followed it, sent from the publisher's ring instead of asking the
# publisher for another.
#
# The joiner's timestamps are compressed until it has caught up: frames seconds apart that arrive within milliseconds would
# else make its jitter buffer keep those seconds as delay for the rest of the call.

cdef enum:
    # An older keyframe costs more to send than a new one, which serves all who join after it.
    CATCH_UP_MAX_US = 2500000
    CATCH_UP_MAX_PACKETS = 400
    # Packets per tick of 10 ms: some 15 Mbit/s.
    CATCH_UP_BURST = 16
    # Cached time passes this much faster: 2.5 s become 80 ms, and frames stay at least 1 ms apart.
    CATCH_UP_SPEED = 32


cdef bint begin_catch_up(DownTrack* down, int layer_index, i64 now_us) noexcept nogil:
    """Start the down-track at the cached keyframe; False if the cache cannot serve."""
    cdef Layer* layer = &down.source.layers[layer_index]
    cdef i64 newest = layer.reception.highest_sequence
    cdef Rtp rtp
    if not down.source.is_video or layer.keyframe_sequence == 0 or now_us - layer.keyframe_us > CATCH_UP_MAX_US:
        return False
    if newest - layer.keyframe_sequence > CATCH_UP_MAX_PACKETS or not find_cached(layer, newest, &rtp):
        return False
    down.live_sequence = newest
    down.cached_layer = layer_index
    down.live_timestamp = rtp.timestamp
    if not find_cached(layer, layer.keyframe_sequence, &rtp):
        return False
    fall_behind(down, layer.keyframe_sequence, now_us)
    return True


cdef bint find_cached(Layer* layer, i64 sequence, Rtp* rtp) noexcept nogil:
    cdef int length = 0
    cdef u8* data = ring_get(&layer.ring, sequence, &length)
    return data != NULL and parse_rtp(data, length, rtp) == 0


cdef void end_catch_up(DownTrack* down) noexcept nogil:
    if down.cached_next != 0:
        down.cached_next = 0
        down.source.catching_up_count -= 1


cdef void catch_up(State* state, UpTrack* track, i64 now_us) noexcept nogil:
    """Every tick: send each that is behind a burst of what it lacks."""
    cdef int index
    if track.catching_up_count == 0:
        return
    for index in range(track.down_count):
        if track.downs[index].cached_next != 0:
            send_cached(state, track.downs[index], now_us)


cdef void send_cached(State* state, DownTrack* down, i64 now_us) noexcept nogil:
    cdef Layer* layer = &down.source.layers[down.layer]
    cdef Batched item
    cdef int budget = CATCH_UP_BURST
    if down.epoch != down.source.epoch:
        end_catch_up(down)
    if not down.transport.is_ready or not down.transport.has_peer:
        return
    while down.cached_next != 0 and budget > 0 and (is_on_pace(down, now_us) or is_late(down, now_us)):
        item.sequence = down.cached_next
        item.layer = down.layer
        down.cached_next += 1
        # What the publisher's uplink lost is missing here too; it comes when it is repaired.
        if find_cached(layer, item.sequence, &item.rtp):
            mark_packet(down.source, down.layer, &item.rtp, &item.marking)
            send_numbered(state, down, &item, now_us)
            budget -= 1
        if down.cached_next > layer.reception.highest_sequence:
            end_catch_up(down)


cdef inline u32 map_timestamp(
    const DownTrack* down, const SequenceSegment* segment, i64 source_sequence, u32 timestamp
) noexcept nogil:
    """The subscriber's timestamp of a source packet."""
    cdef int behind = <int>(down.live_timestamp - timestamp)
    if segment.layer == down.cached_layer and source_sequence < down.live_sequence and behind > 0:
        timestamp = down.live_timestamp - <u32>(behind // CATCH_UP_SPEED)
    return timestamp + segment.timestamp_offset
