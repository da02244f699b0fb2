# A path that has shown to be narrow gets no bursts: what exceeds the client's pace stays in the ring, and the down-track follows
# from there, tick by tick, as a joiner's does. So a large frame does not stand in the bottleneck's queue before everybody's sound.
#
# The ring is the queue, so pacing keeps no packet of its own.

cdef enum:
    # What may leave at once: as much as the path takes between two ticks, and never less than a few packets.
    PACE_BURST_US = 20000
    PACE_BURST_MIN_BYTES = 4800
    # Later than this a frame is no use: whoever is so far behind is sent all of it.
    PACE_LATE_US = 300000

# Of the estimate: a queue of our own drains in half the time it would take the path.
cdef double PACE_FACTOR = 1.5


cdef bint is_on_pace(const DownTrack* down, i64 now_us) noexcept nogil:
    """Whether the next packet of a video may leave now."""
    cdef Client* client = down.transport.client
    cdef double bytes_per_us
    if client == NULL or client.bandwidth.decreased_us == 0 or not down.source.is_video:
        return True
    bytes_per_us = PACE_FACTOR * client.bandwidth.estimate_bps / 8e6
    client.pace_bytes += bytes_per_us * (now_us - client.paced_us)
    client.pace_bytes = min(client.pace_bytes, max(bytes_per_us * PACE_BURST_US, <double>PACE_BURST_MIN_BYTES))
    client.paced_us = now_us
    return client.pace_bytes > 0


cdef void fall_behind(DownTrack* down, i64 sequence, i64 now_us) noexcept nogil:
    """Follow the source from the ring, beginning with this packet."""
    down.cached_next = sequence
    down.behind_us = now_us
    down.source.catching_up_count += 1


cdef inline bint is_late(const DownTrack* down, i64 now_us) noexcept nogil:
    return now_us - down.behind_us > PACE_LATE_US
