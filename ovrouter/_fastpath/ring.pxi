# The packets of one layer, kept for retransmission: plain RTP in a byte arena that overwrites its oldest. It begins small and
# doubles, lap after lap, until a lap takes RING_US at the rate of the layer.

cdef enum:
    # As old as a keyframe may be that joiners are sent; repair asks for what is much younger.
    RING_US = 2500000


cdef bint ring_put(PacketRing* ring, const u8* data, int length, i64 sequence, i64 now_us) noexcept nogil:
    """Keep a copy; False if memory is short."""
    cdef RingSlot* slot = &ring.slots[sequence & (RING_SLOTS - 1)]
    if ring.offset + length > ring.size and not ring_make_room(ring, now_us):
        return False
    memcpy(ring.arena + ring.offset, data, length)
    slot.sequence = sequence
    slot.offset = ring.offset
    slot.lap = ring.lap
    slot.length = <u16>length
    ring.offset += length
    return True


cdef bint ring_make_room(PacketRing* ring, i64 now_us) noexcept nogil:
    """At the end of the arena: more of it after a short lap, else back to its beginning; False without any memory."""
    cdef u32 size = max(2 * ring.size, <u32>RING_MIN_BYTES)
    cdef u8* arena = NULL
    if ring.size == 0 or (size <= RING_MAX_BYTES and now_us - ring.begun_us < RING_US):
        arena = <u8*>realloc(ring.arena, size)
    if arena != NULL:
        ring.arena, ring.size = arena, size
        if ring.lap > 0:
            # What lies before the old end is of this lap, so it stays where it is.
            return True
    ring.lap += 1
    ring.offset = 0
    ring.begun_us = now_us
    return ring.size > 0


cdef u8* ring_get(PacketRing* ring, i64 sequence, int* length) noexcept nogil:
    """The packet, or NULL if it never came or was overwritten."""
    cdef RingSlot* slot = &ring.slots[sequence & (RING_SLOTS - 1)]
    cdef bint is_kept = slot.lap == ring.lap or (slot.lap + 1 == ring.lap and slot.offset >= ring.offset)
    if slot.lap == 0 or slot.sequence != sequence or not is_kept:
        return NULL
    length[0] = slot.length
    return ring.arena + slot.offset


cdef void ring_clear(PacketRing* ring) noexcept nogil:
    """Forget everything and give the memory back."""
    free(ring.arena)
    memset(ring, 0, sizeof(PacketRing))
