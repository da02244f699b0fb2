# Layers inside one stream: where a packet stands among them, and which of them a subscriber is sent.
#
# An *operating point* is a spatial and a temporal layer, in one number: all frames up to both. A lower one is sent by
# leaving whole frames out, at once; a higher one begins where the publisher has said that nothing before is needed.

cdef enum:
    TOP_POINT = POINTS - 1


cdef inline int point_of(int spatial, int temporal) noexcept nogil:
    return min(spatial, MAX_SPATIAL - 1) << TEMPORAL_BITS | min(temporal, MAX_TEMPORAL - 1)


cdef inline int spatial_of(int point) noexcept nogil:
    return point >> TEMPORAL_BITS


cdef inline int temporal_of(int point) noexcept nogil:
    return point & (MAX_TEMPORAL - 1)


cdef inline bint is_within(int inner, int outer) noexcept nogil:
    """Whether a frame of the layer *inner* belongs to the operating point *outer*."""
    return spatial_of(inner) <= spatial_of(outer) and temporal_of(inner) <= temporal_of(outer)


cdef void read_marking(int codec, const Rtp* rtp, Marking* marking) noexcept nogil:
    """What the payload says; a stream that says nothing has one layer, and each of its packets may be the first."""
    cdef const u8* payload = rtp.data + rtp.header_length
    memset(marking, 0, sizeof(Marking))
    marking.ends = rtp.marker
    marking.starts_keyframe = starts_keyframe(codec, payload, rtp.payload_length)
    if codec == CODEC_VP8:
        mark_vp8(payload, rtp.payload_length, marking)
    elif codec == CODEC_VP9:
        mark_vp9(payload, rtp.payload_length, marking)
    elif codec == CODEC_H264:
        mark_h264(payload, rtp.payload_length, marking)


cdef void mark_packet(const UpTrack* track, int layer, const Rtp* rtp, Marking* marking) noexcept nogil:
    """What is said of the packet: by its payload, or by the dependency descriptor where that says more.

    Chromium sends VP8 without its own descriptor once the other is agreed upon.
    """
    cdef int codec = track.codec[rtp.payload_type]
    cdef int index
    read_marking(codec, rtp, marking)
    if not marking.is_layered or codec == CODEC_H264:
        index = find_extension(rtp, track.dependency_extension)
        if index >= 0:
            mark_dependency(
                &track.layers[layer].structure, rtp.data + rtp.extension_offset[index], rtp.extension_length[index], marking
            )


cdef int reachable_point(int point, int wanted, int top_spatial, const Marking* marking) noexcept nogil:
    """The operating point from here on of a subscriber that has been at *point*: down at once, up where it can.

    A larger picture begins with a keyframe. *top_spatial* is the largest that is sent: nobody is kept waiting for others.
    """
    cdef int spatial = min(spatial_of(point), spatial_of(wanted))
    cdef int temporal = min(temporal_of(point), temporal_of(wanted))
    cdef int higher
    if marking.starts_keyframe:
        return wanted
    if is_within(marking.opens_from, point_of(spatial, temporal)):
        for higher in range(temporal_of(wanted), temporal, -1):
            if marking.opens & (1 << point_of(min(spatial, top_spatial), higher)):
                return point_of(spatial, higher)
    return point_of(spatial, temporal)


# ----------------------------------------------------------------------------------------------------------- bitrates

cdef enum:
    MEASURE_US = 250000
    # A layer that was silent for so many measurements (1.5 s) is not sent any more.
    SILENT_MEASUREMENTS = 6


cdef void note_layer(Layer* layer, const Rtp* rtp, const Marking* marking, bint is_one_of_many) noexcept nogil:
    """Count the packet. Keyframes of layers, which are made on request, are no part of what a layer takes in the long run."""
    if (is_one_of_many or marking.is_layered) and layer.keyframe_sequence and rtp.timestamp == layer.keyframe_timestamp:
        return
    layer.rates.bytes[marking.point] += rtp.length


cdef inline void note_sizes(Layer* layer, const Marking* marking) noexcept nogil:
    """How many the publisher has sent or announced so far: encoders leave larger pictures out while they have no room."""
    layer.spatial_layers = max(layer.spatial_layers, marking.spatial_layers, spatial_of(marking.point) + 1)


cdef void measure_layer(Layer* layer, i64 now_us) noexcept nogil:
    """Bitrate of what arrives, smoothed over half a second; 0 as soon as a whole interval was silent."""
    cdef LayerRates* rates = &layer.rates
    cdef i64 elapsed_us = now_us - layer.measured_us
    cdef u64 total = 0
    cdef u64 bps
    cdef int point
    if elapsed_us < MEASURE_US:
        return
    for point in range(POINTS):
        total += rates.bytes[point]
    bps = total * 8000000 // <u64>elapsed_us
    bps = bps if bps == 0 or rates.bps[TOP_POINT] == 0 else (rates.bps[TOP_POINT] + bps) // 2
    layer.measured_us = now_us
    if total:
        measure_shares(rates)
    for point in range(POINTS):
        rates.bps[point] = <u64>(bps * share_of(rates, point))
    rates.bps[TOP_POINT] = bps


cdef void measure_shares(LayerRates* rates) noexcept nogil:
    """What part of the stream each layer is, over some two seconds: single frames weigh less than in a bitrate."""
    cdef int point
    rates.top_spatial = rates.top_temporal = 0
    for point in range(POINTS):
        rates.silent[point] = 0 if rates.bytes[point] else min(rates.silent[point] + 1, SILENT_MEASUREMENTS)
        rates.weight[point] = 0.875 * rates.weight[point] + rates.bytes[point]
        rates.bytes[point] = 0
        if rates.silent[point] == SILENT_MEASUREMENTS:
            rates.weight[point] = 0
        if rates.weight[point] > 0:
            rates.top_spatial = max(rates.top_spatial, spatial_of(point))
            rates.top_temporal = max(rates.top_temporal, temporal_of(point))


cdef double share_of(const LayerRates* rates, int point) noexcept nogil:
    cdef double inside = 0
    cdef double all_of_it = 0
    cdef int each
    for each in range(POINTS):
        all_of_it += rates.weight[each]
        if is_within(each, point):
            inside += rates.weight[each]
    return inside / all_of_it if all_of_it > 0 else 1.0
