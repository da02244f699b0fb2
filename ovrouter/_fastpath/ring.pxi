# The packets of one layer, kept for retransmission: plain RTP in a byte arena that overwrites its oldest.

cdef bint ring_put(PacketRing* ring, const u8* data, int length, i64 sequence) noexcept nogil:
    """Keep a copy; False if memory is short."""
    cdef RingSlot* slot = &ring.slots[sequence & (RING_SLOTS - 1)]
    cdef u32 offset
    if ring.arena == NULL:
        ring.arena = <u8*>malloc(RING_BYTES)
        if ring.arena == NULL:
            return False
    offset = <u32>(ring.position % RING_BYTES)
    if offset + length > RING_BYTES:
        ring.position += RING_BYTES - offset
        offset = 0
    memcpy(ring.arena + offset, data, length)
    slot.sequence = sequence
    slot.position = ring.position
    slot.length = <u16>length
    slot.used = True
    ring.position += length
    return True


cdef u8* ring_get(PacketRing* ring, i64 sequence, int* length) noexcept nogil:
    """The packet, or NULL if it never came or was overwritten."""
    cdef RingSlot* slot = &ring.slots[sequence & (RING_SLOTS - 1)]
    if not slot.used or slot.sequence != sequence or ring.position - slot.position > RING_BYTES:
        return NULL
    length[0] = slot.length
    return ring.arena + slot.position % RING_BYTES


cdef void ring_clear(PacketRing* ring) noexcept nogil:
    """Forget everything and give the memory back."""
    free(ring.arena)
    memset(ring, 0, sizeof(PacketRing))
