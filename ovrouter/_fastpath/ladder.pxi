# The ladder that a subscriber's picture climbs: the operating points of a track, what each takes, and which of them is sent.
#
# With simulcast the spatial layers are those, and only temporal layers are left out inside one.

cdef enum:
    # A larger picture that has to be given up within this time was a try that failed: it cost a keyframe and a queue.
    TRIAL_US = 5000000
    CAUTION_US = 5000000
    CAUTION_MAX_US = 60000000


cdef u64 point_bps(const DownTrack* down, int point) noexcept nogil:
    """What the operating point of the track takes; a spatial layer is a simulcast layer where there are such."""
    cdef const LayerRates* rates = rates_of(down, spatial_of(point))
    return rates.bps[point_of(MAX_SPATIAL - 1, temporal_of(point)) if down.source.layer_count > 1 else point]


cdef inline const LayerRates* rates_of(const DownTrack* down, int spatial) noexcept nogil:
    """What the spatial layer takes, or the highest that there is; a track that is not bound yet has none and takes nothing."""
    return &down.source.layers[max(min(spatial, down.source.layer_count - 1), 0)].rates


cdef inline bint is_single(const UpTrack* track) noexcept nogil:
    """Whether there is but one picture size."""
    return track.layer_count == 1 and track.layers[0].spatial_layers < 2


cdef u64 sent_bps(const DownTrack* down) noexcept nogil:
    return down.source.layers[down.layer].rates.bps[down.point] if down.layer >= 0 else 0


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


cdef int next_point(const DownTrack* down, int point) noexcept nogil:
    """The rung above *point*."""
    if point == TOP_POINT or temporal_of(point) < MAX_TEMPORAL - 1:
        return point + 1
    return point_of(spatial_of(point) + 1, max(rates_of(down, spatial_of(point) + 1).top_temporal - 1, 0))


# ------------------------------------------------------------------------------------------------------ failed tries

cdef inline bint is_cautious(const DownTrack* down, int before, int point, i64 now_us) noexcept nogil:
    """Whether going from *before* to *point* is a try after one that failed."""
    return spatial_of(point) > spatial_of(max(before, 0)) and now_us < down.cautious_until_us


cdef void note_size(DownTrack* down, int before, i64 now_us) noexcept nogil:
    """The size of the picture has been decided: each try that fails doubles the time of caution."""
    cdef int step = spatial_of(max(down.target, 0)) - spatial_of(max(before, 0))
    if step > 0:
        down.enlarged_us = now_us
    elif step < 0 and now_us - down.enlarged_us < TRIAL_US:
        down.caution_us = min(max(2 * down.caution_us, <i64>CAUTION_US), <i64>CAUTION_MAX_US)
        down.cautious_until_us = now_us + down.caution_us
    elif step < 0:
        down.caution_us = 0


# -------------------------------------------------------------------------------------------------------------- told

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
