# What a subscriber gets again: nothing that it was never sent, a packet once per round trip, and no more than its path carries.
#
# A queue that overflows loses packets. To repeat them all, and again while the repeats wait in that queue, would keep it full.

cdef enum:
    # Answers to NACKs per track in 100 ms: about 7 Mbit/s of repair, beyond which asking is an attack or an outage.
    RETRANSMITS_PER_TICK = 64
    # Repair that was not used may be used at once within this time: losses come in bursts.
    REPAIR_DEPTH_MS = 500
    # Except while the queue that lost them is still there.
    REPAIR_FULL_DEPTH_MS = 50
    REPAIR_FULL_US = 1000000
    ROUND_TRIP_MAX_US = 500000

# Of the estimate, whatever the media takes of it.
cdef double REPAIR_SHARE_MIN = 0.5
# Who asks once per round trip asks a little early now and then.
cdef double ROUND_TRIP_TOLERANCE = 0.75
cdef double REPAIR_SMOOTHING = 0.125


cdef void retransmit(State* state, DownTrack* down, u16 sequence_u16, i64 now_us) noexcept nogil:
    """Answer one NACKed number."""
    cdef i64 sequence = extend_u16(down.highest_sequence, sequence_u16)
    cdef u64 sent_bytes = down.transport.sent_bytes
    if not down.is_started or not down.transport.has_peer:
        return
    if sequence > down.highest_sequence or not may_repeat(down, sequence_u16, now_us):
        down.retransmits_refused += 1
        return
    down.retransmit_budget -= 1
    repeat(state, down, sequence, now_us)
    if down.transport.client != NULL:
        down.transport.client.repaired_bytes += down.transport.sent_bytes - sent_bytes


cdef bint may_repeat(DownTrack* down, u16 sequence_u16, i64 now_us) noexcept nogil:
    cdef Repeat* last = &down.repeats[sequence_u16 % REPEATS]
    cdef const Client* client = down.transport.client
    if down.retransmit_budget <= 0 or (client != NULL and <i64>client.repaired_bytes >= client.repair_budget_bytes):
        return False
    if last.sequence_u16 == sequence_u16 and <u32>now_us - last.sent_us < ROUND_TRIP_TOLERANCE * round_trip_us(down):
        return False
    last.sequence_u16 = sequence_u16
    last.sent_us = <u32>now_us
    return True


cdef inline i64 round_trip_us(const DownTrack* down) noexcept nogil:
    """With the queues on the way, where transport-wide feedback tells; a claim that it is long hurts who makes it."""
    cdef const Client* client = down.transport.client
    cdef i64 measured_us = client.bandwidth.round_trip_us if client != NULL else 0
    return min(measured_us if measured_us else down.round_trip_us, <i64>ROUND_TRIP_MAX_US)


cdef void budget_repair(Client* client, i64 elapsed_us, i64 now_us) noexcept nogil:
    """Before each allocation: what was repaired since the last, and what may be until the next."""
    cdef u64 estimate_bps = client.bandwidth.estimate_bps if client.bandwidth.estimate_bps else BANDWIDTH_MAX_BPS
    cdef u64 allowed_bps = max(estimate_bps - min(client.media_bps, estimate_bps), <u64>(REPAIR_SHARE_MIN * estimate_bps))
    cdef bint is_full = now_us - client.bandwidth.decreased_us < REPAIR_FULL_US
    cdef double repaired_bps = client.repaired_bytes * 8e6 / max(elapsed_us, 1)
    client.repair_bps += REPAIR_SMOOTHING * (repaired_bps - client.repair_bps)
    client.repair_budget_bytes = min(
        client.repair_budget_bytes - <i64>client.repaired_bytes + <i64>allowed_bps * elapsed_us // 8000000,
        <i64>allowed_bps * (REPAIR_FULL_DEPTH_MS if is_full else REPAIR_DEPTH_MS) // 8000,
    )
    client.repaired_bytes = 0
