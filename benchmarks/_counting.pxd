# What one receiver keeps: packets counted by sequence number, and rings of copies that Python drains.

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from benchmarks._linux cimport load_acquire, store_release

cdef enum:
    RING_SLOTS = 4096           # a power of two; four seconds of samples at 1,000 a second
    SLOT_BYTES = 1600           # more than any datagram of an Ethernet path
    SEEN_WORDS = 16             # a window of 1,024 packets tells duplicates from late packets

cdef struct Slot:
    uint32_t peer
    int64_t arrival_ns
    int length
    uint8_t data[SLOT_BYTES]

cdef struct Ring:
    Slot *slots
    uint64_t written
    uint64_t taken
    uint64_t dropped

cdef struct StreamCount:
    uint8_t payload_type
    bint started
    uint32_t ssrc
    uint32_t first
    uint32_t highest            # sequence number extended by its cycles
    uint64_t received           # each packet once
    uint64_t duplicates
    uint64_t reordered
    uint64_t late               # older than the window: duplicate or not, nobody can tell
    uint64_t seen[SEEN_WORDS]

cdef inline void ring_put(Ring *ring, uint32_t peer, int64_t arrival_ns, const uint8_t *data, int length) noexcept nogil:
    cdef Slot *slot
    if length > SLOT_BYTES or ring.written - load_acquire(&ring.taken) >= RING_SLOTS:
        ring.dropped += 1
        return
    slot = &ring.slots[ring.written % RING_SLOTS]
    slot.peer = peer
    slot.arrival_ns = arrival_ns
    slot.length = length
    memcpy(slot.data, data, length)
    store_release(&ring.written, ring.written + 1)

cdef inline list ring_take(Ring *ring):
    cdef uint64_t end = load_acquire(&ring.written)
    cdef Slot *slot
    taken = []
    while ring.taken < end:
        slot = &ring.slots[ring.taken % RING_SLOTS]
        taken.append((slot.peer, slot.arrival_ns, <bytes>slot.data[:slot.length]))
        store_release(&ring.taken, ring.taken + 1)
    return taken

cdef inline void seen_advance(StreamCount *count, uint32_t to) noexcept nogil:
    cdef uint32_t steps = to - count.highest
    cdef uint32_t position
    if steps >= SEEN_WORDS * 64:
        memset(count.seen, 0, sizeof(count.seen))
    else:
        for position in range(count.highest + 1, to + 1):
            count.seen[(position >> 6) % SEEN_WORDS] &= ~(<uint64_t>1 << (position & 63))
    count.highest = to

cdef inline void count_sequence(StreamCount *count, uint16_t sequence) noexcept nogil:
    cdef int16_t ahead = <int16_t>(sequence - <uint16_t>count.highest)
    cdef uint32_t position = count.highest + ahead
    cdef uint64_t bit = <uint64_t>1 << (position & 63)
    cdef uint64_t *word = &count.seen[(position >> 6) % SEEN_WORDS]
    if ahead > 0:
        seen_advance(count, position)
    elif -ahead >= SEEN_WORDS * 64:
        count.late += 1
        return
    elif word[0] & bit:
        count.duplicates += 1
        return
    else:
        count.reordered += 1
    word[0] |= bit
    count.received += 1

cdef inline void count_packet(StreamCount *count, const uint8_t *packet) noexcept nogil:
    cdef uint16_t sequence = <uint16_t>(packet[2] << 8 | packet[3])
    cdef uint32_t ssrc = <uint32_t>packet[8] << 24 | <uint32_t>packet[9] << 16 | <uint32_t>packet[10] << 8 | packet[11]
    if not count.started or ssrc != count.ssrc:
        # One cycle up, so that packets from before the first one do not go below zero.
        count.started = True
        count.ssrc = ssrc
        count.first = 0x10000 + sequence
        count.highest = count.first - 1
        memset(count.seen, 0, sizeof(count.seen))
    count_sequence(count, sequence)

cdef inline tuple reception_of(StreamCount *count):
    if not count.started:
        return None
    return (count.ssrc, count.highest - count.first + 1, count.received, count.highest)
