# Source → subscriber sequence numbers: an offset that is constant between drops and switches of source.
#
# A *segment* says: from ``first_source`` of (epoch, layer) on, subscriber = source - offset. Dropping one packet on purpose
# raises the offset by one, so that the subscriber sees no gap; a switch starts a segment of another (epoch, layer).

cdef inline SequenceSegment* newest_segment(const SequenceMap* map) noexcept nogil:
    return <SequenceSegment*>&map.segments[map.newest]


cdef SequenceSegment* push_segment(
    SequenceMap* map, i64 first_source, i64 offset, u32 epoch, int layer, int point
) noexcept nogil:
    cdef SequenceSegment* segment
    map.newest = (map.newest + 1) % SEQUENCE_SEGMENTS
    map.count = min(map.count + 1, SEQUENCE_SEGMENTS)
    map.highest_source = first_source - 1
    segment = newest_segment(map)
    memset(segment, 0, sizeof(SequenceSegment))
    segment.first_source = first_source
    segment.offset = offset
    segment.epoch = epoch
    segment.layer = <u8>layer
    segment.point = <u8>point
    return segment


cdef SequenceSegment* extend_segment(SequenceMap* map, i64 first_source) noexcept nogil:
    """A segment from *first_source* on in which all is as before, until the caller changes it."""
    cdef SequenceSegment before = newest_segment(map)[0]
    cdef SequenceSegment* segment = newest_segment(map)
    if before.first_source < first_source:
        segment = push_segment(map, first_source, before.offset, before.epoch, before.layer, before.point)
        segment.timestamp_offset = before.timestamp_offset
        segment.picture_shift = before.picture_shift
        segment.tl0_shift = before.tl0_shift
    return segment


cdef SequenceSegment* drop_sequence(SequenceMap* map, i64 source) noexcept nogil:
    """Leave out *source*, which must be newer than all that was sent or left out; returns the segment behind it."""
    cdef SequenceSegment* segment = newest_segment(map)
    if segment.first_source == source:
        segment.first_source = source + 1
    else:
        segment = extend_segment(map, source + 1)
    segment.offset += 1
    map.highest_source = source
    return segment


cdef const SequenceSegment* segment_of(const SequenceMap* map, i64 source, u32 epoch, int layer) noexcept nogil:
    """Where the source packet belongs; NULL if it was dropped or precedes what is remembered."""
    cdef int index
    cdef i64 after = 0
    cdef bint has_after = False
    cdef const SequenceSegment* segment
    for index in range(map.count):
        segment = &map.segments[(map.newest - index + SEQUENCE_SEGMENTS) % SEQUENCE_SEGMENTS]
        if segment.epoch != epoch or segment.layer != layer:
            return NULL
        if source >= segment.first_source:
            # Numbers at or beyond the next segment's start were left out there.
            if has_after and source - segment.offset >= after:
                return NULL
            return segment
        after = segment.first_source - segment.offset
        has_after = True
    return NULL


cdef const SequenceSegment* find_segment(const SequenceMap* map, i64 subscriber) noexcept nogil:
    """The segment that produced the subscriber's number, or NULL."""
    cdef int index
    cdef const SequenceSegment* segment
    for index in range(map.count):
        segment = &map.segments[(map.newest - index + SEQUENCE_SEGMENTS) % SEQUENCE_SEGMENTS]
        if subscriber >= segment.first_source - segment.offset:
            return segment
    return NULL
