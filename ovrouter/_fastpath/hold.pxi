# Waiting a moment for the rest of a frame: packets that leave together share system calls and messages.
#
# It pays where many copies are made, and never delays the end of a frame, which is what a viewer waits for.

cdef enum:
    # With fewer copies the saving is smaller than an extra wake-up of the thread.
    HOLD_COPIES = 8


cdef bint is_held(const State* state, i64 now_us) noexcept nogil:
    """Whether what has been received may wait for more."""
    return (
        state.batch_count > 0
        and state.hold_us > 0
        and not state.batch_ends_frame
        and state.batch_copies >= HOLD_COPIES
        and now_us - state.batched_us < state.hold_us
    )


cdef void note_batched(State* state, const UpTrack* track, const Rtp* rtp, i64 now_us) noexcept nogil:
    """A packet joined the batch."""
    if state.batch_count == 1:
        state.batched_us = now_us
        state.batch_copies = 0
        state.batch_ends_frame = False
    state.batch_copies += track.down_count + track.far_down_count
    state.batch_ends_frame |= rtp.marker
