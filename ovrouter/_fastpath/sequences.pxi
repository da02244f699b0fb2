# Source → subscriber sequence numbers: an offset that is constant between drops and switches of source.
#
# A *segment* says: from ``first_source`` of (epoch, layer) on, subscriber = source - offset. Dropping one packet on purpose
# raises the offset by one, so that the subscriber sees no gap; a switch starts a segment of another (epoch, layer).

cdef inline SequenceSegment* newest_segment(const SequenceMap* map) noexcept nogil:
    return <SequenceSegment*>&map.segments[map.newest]


cdef SequenceSegment* push_segment(SequenceMap* map, i64 first_source, i64 offset, u32 epoch, int layer) noexcept nogil:
    cdef SequenceSegment* segment
    map.newest = (map.newest + 1) % SEQUENCE_SEGMENTS
    map.count = min(map.count + 1, SEQUENCE_SEGMENTS)
    segment = newest_segment(map)
    segment.first_source = first_source
    segment.offset = offset
    segment.epoch = epoch
    segment.layer = layer
    return segment


cdef void extend_segment(SequenceMap* map, i64 first_source, const SequenceSegment* before) noexcept nogil:
    """Go on as *before* with one number left out."""
    cdef SequenceSegment copy = before[0]
    cdef SequenceSegment* segment = push_segment(map, first_source, copy.offset + 1, copy.epoch, copy.layer)
    segment.timestamp_offset = copy.timestamp_offset
    segment.picture_shift = copy.picture_shift
    segment.tl0_shift = copy.tl0_shift


cdef void drop_sequence(SequenceMap* map, i64 source) noexcept nogil:
    """Leave out *source*, which must be newer than all that was mapped."""
    cdef SequenceSegment* newest = newest_segment(map)
    if newest.first_source == source:
        newest.first_source += 1
        newest.offset += 1
    else:
        extend_segment(map, source + 1, newest)


cdef i64 map_sequence(const SequenceMap* map, i64 source, u32 epoch, int layer) noexcept nogil:
    """The subscriber's number, or -1 for a packet that was dropped or precedes what is remembered."""
    cdef int index
    cdef i64 after = 0
    cdef bint has_after = False
    cdef const SequenceSegment* segment
    for index in range(map.count):
        segment = &map.segments[(map.newest - index + SEQUENCE_SEGMENTS) % SEQUENCE_SEGMENTS]
        if segment.epoch != epoch or segment.layer != layer:
            return -1
        if source >= segment.first_source:
            # Numbers at or beyond the next segment's start were left out there.
            if has_after and source - segment.offset >= after:
                return -1
            return source - segment.offset
        after = segment.first_source - segment.offset
        has_after = True
    return -1


cdef const SequenceSegment* find_segment(const SequenceMap* map, i64 subscriber) noexcept nogil:
    """The segment that produced the subscriber's number, or NULL."""
    cdef int index
    cdef const SequenceSegment* segment
    for index in range(map.count):
        segment = &map.segments[(map.newest - index + SEQUENCE_SEGMENTS) % SEQUENCE_SEGMENTS]
        if subscriber >= segment.first_source - segment.offset:
            return segment
    return NULL
