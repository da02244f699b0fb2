# A subscriber's maximum where no layer keeps to it: a token bucket that leaves temporal layers out while it empties, cuts
# between frames when it is empty, and goes on at a keyframe.
#
# Publishers are asked by REMB to keep below it; this is for those that do not.

# Encoders overshoot for moments; a maximum is about seconds.
cdef double LIMIT_TOLERANCE = 1.25
cdef double LIMIT_DEPTH_S = 1.5


cdef bint passes_limit(DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """True if the packet, which is the next to be sent, may go; audio always may."""
    if down.max_bps == 0 or not down.source.is_video:
        return True
    fill_bucket(down, now_us)
    if down.bucket_bytes < 0 and item.rtp.timestamp != down.limited_timestamp:
        down.is_limited = True
        break_off(down)
        return False
    down.limited_timestamp = item.rtp.timestamp
    down.bucket_bytes -= item.rtp.length
    return True


cdef bint may_begin(DownTrack* down, i64 now_us) noexcept nogil:
    """After a cut: with half a bucket there is room for a keyframe and what follows."""
    if down.is_limited:
        fill_bucket(down, now_us)
        down.is_limited = down.max_bps != 0 and down.bucket_bytes < depth_bytes(down) / 2.0
    return not down.is_limited


cdef inline double depth_bytes(const DownTrack* down) noexcept nogil:
    return LIMIT_DEPTH_S * down.max_bps / 8.0


cdef inline void fill_bucket(DownTrack* down, i64 now_us) noexcept nogil:
    cdef double elapsed_s = (now_us - down.bucket_us) / 1e6
    down.bucket_us = now_us
    down.bucket_bytes = min(depth_bytes(down), down.bucket_bytes + elapsed_s * LIMIT_TOLERANCE * down.max_bps / 8.0)


cdef int temporal_limit(const DownTrack* down) noexcept nogil:
    """The highest temporal layer that the bucket allows: one less when it is half empty, and so on."""
    cdef int top = down.source.layers[max(down.layer, 0)].rates.top_temporal
    if down.max_bps == 0 or down.bucket_bytes >= depth_bytes(down) / 2.0:
        return MAX_TEMPORAL - 1
    return max(top - 1 if down.bucket_bytes >= depth_bytes(down) / 4.0 else top - 2, 0)
