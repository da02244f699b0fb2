# A subscriber's maximum where no layer keeps to it: a token bucket that cuts between frames and goes on at a keyframe.
#
# Publishers are asked by REMB to keep below it; this is for those that do not.

# Encoders overshoot for moments; a maximum is about seconds.
cdef double LIMIT_TOLERANCE = 1.25
cdef double LIMIT_DEPTH_S = 1.5


cdef bint passes_limit(DownTrack* down, const Batched* item, i64 now_us) noexcept nogil:
    """True if the packet may go; audio always may."""
    cdef double depth_bytes = LIMIT_DEPTH_S * down.max_bps / 8.0
    if down.max_bps == 0 or not down.source.is_video:
        return True
    fill_bucket(down, depth_bytes, now_us)
    if down.is_limited:
        return ends_limit(down, item, depth_bytes)
    if down.bucket_bytes < 0 and item.rtp.timestamp != down.limited_timestamp:
        down.is_limited = True
        # Whatever comes next can only be decoded from a keyframe on.
        down.layer = NO_LAYER
        return False
    down.limited_timestamp = item.rtp.timestamp
    down.bucket_bytes -= item.rtp.length
    return True


cdef inline void fill_bucket(DownTrack* down, double depth_bytes, i64 now_us) noexcept nogil:
    cdef double elapsed_s = (now_us - down.bucket_us) / 1e6
    down.bucket_us = now_us
    down.bucket_bytes = min(depth_bytes, down.bucket_bytes + elapsed_s * LIMIT_TOLERANCE * down.max_bps / 8.0)


cdef bint ends_limit(DownTrack* down, const Batched* item, double depth_bytes) noexcept nogil:
    """With half a bucket there is room for a keyframe and what follows."""
    if down.bucket_bytes < depth_bytes / 2.0:
        return False
    if not item.starts_keyframe:
        want_keyframe(down.source, item.layer)
        return False
    down.is_limited = False
    return True
