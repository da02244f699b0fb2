# The lock around a worker's state: first come, first served, so that neither packets nor commands starve.

cdef void gate_enter(Gate* gate) noexcept nogil:
    cdef u64 ticket
    pthread_mutex_lock(&gate.mutex)
    ticket = gate.next_ticket
    gate.next_ticket += 1
    while gate.serving != ticket:
        pthread_cond_wait(&gate.turned, &gate.mutex)
    pthread_mutex_unlock(&gate.mutex)


cdef void gate_leave(Gate* gate) noexcept nogil:
    pthread_mutex_lock(&gate.mutex)
    gate.serving += 1
    pthread_cond_broadcast(&gate.turned)
    pthread_mutex_unlock(&gate.mutex)


cdef inline bint gate_has_waiters(const Gate* gate) noexcept nogil:
    """A hint, read without the mutex by whoever holds the gate."""
    return gate.next_ticket - gate.serving > 1
