# The thread: waits for its sockets, feeds the core, sends what the core queued, rings Trio's bell.

cdef enum:
    # recvmmsg calls on one socket before the others and the timers get their turn.
    DRAIN_ROUNDS = 8
    # The shortest that the kernel grants, where it grants no real-time scheduling. The scheduler prefers who asks for little:
    # packets do not wait for the end of a slice (some milliseconds) of a thread that computes.
    SLICE_NS = 100000


cdef class Worker(Core):
    def __init__(self, sockets, *, int hold_us=0):
        cdef Shell* shell = self.shell
        cdef epoll_event event
        if not 0 < len(sockets) <= MAX_SOCKETS:
            raise ValueError(f"a worker serves 1 to {MAX_SOCKETS} sockets")
        self.state.hold_us = hold_us
        # Keep the Python objects: they own the descriptors.
        self.sockets = list(sockets)
        for sock in self.sockets:
            shell.fds[shell.fd_count] = sock.fileno()
            shell.fd_count += 1
        for index in range(shell.fd_count):
            watch(shell, shell.fds[index])
        watch(shell, shell.wake_fd)

    def __cinit__(self, *args, **kwargs):
        cdef Shell* shell = <Shell*>calloc(1, sizeof(Shell))
        if shell == NULL:
            raise MemoryError
        self.shell = shell
        shell.state = self.state
        shell.has_gso = True
        shell.epoll_fd = epoll_create1(EPOLL_CLOEXEC)
        shell.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        shell.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        shell.receive_bytes = <u8*>malloc(RECEIVE_SETS * RECEIVE_MESSAGES * RECEIVE_BYTES)
        if shell.receive_bytes == NULL or shell.epoll_fd < 0 or shell.wake_fd < 0 or shell.event_fd < 0:
            raise OSError("no memory or file descriptors left for a worker")
        self.state.wake_fd = shell.wake_fd
        self.state.flush = flush
        self.state.shell = shell

    def __dealloc__(self):
        if self.shell == NULL:
            return
        # The relays may be gone already.
        close_shell(self.shell)
        free(self.shell.receive_bytes)
        free(self.shell)

    @property
    def event_fd(self):
        return self.shell.event_fd

    def run(self):
        cdef ThreadAttributes usual
        with nogil:
            usual = prefer_this_thread(SLICE_NS)
            run(self.shell)
            # The thread may be given other work.
            set_attributes_of_this_thread(&usual)

    def stop(self):
        self.shell.is_stopping = True
        eventfd_write(self.shell.wake_fd, 1)

    def close(self):
        cdef int index
        for index in range(self.state.relay_count):
            # We ring nobody any more.
            close_fd(&self.state.relays_out[index].wake_fd)
        close_shell(self.shell)

    def take_events(self):
        cdef u64 ignored
        eventfd_read(self.shell.event_fd, &ignored)
        return Core.take_events(self)

    def counters(self):
        return {**Core.counters(self), "system_calls": self.shell.system_calls}


cdef void close_shell(Shell* shell) noexcept nogil:
    close_fd(&shell.epoll_fd)
    close_fd(&shell.wake_fd)
    close_fd(&shell.event_fd)


cdef void close_fd(int* fd) noexcept nogil:
    if fd[0] >= 0:
        close(fd[0])
        fd[0] = -1


cdef int watch(Shell* shell, int fd) except -1:
    cdef epoll_event event
    event.events = EPOLLIN
    event.data.fd = fd
    if epoll_ctl(shell.epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0:
        raise OSError(errno, "epoll_ctl")
    return 0


cdef void run(Shell* shell) noexcept nogil:
    cdef epoll_event ready[MAX_SOCKETS + 1]
    cdef int count, index
    while not shell.is_stopping:
        count = wait(shell, ready)
        for index in range(count):
            serve(shell, ready[index].data.fd)
        gate_enter(&shell.state.gate)
        if read_relays(shell.state, monotonic_us()):
            eventfd_write(shell.wake_fd, 1)
        release(shell, monotonic_us())
        tick(shell.state, monotonic_us())
        flush(shell)
        if shell.state.events.count:
            eventfd_write(shell.event_fd, 1)
        gate_leave(&shell.state.gate)


cdef int wait(Shell* shell, epoll_event* ready) noexcept nogil:
    """For something to read, the next tick, or the end of what is held."""
    cdef pollfd any_socket
    cdef timespec rest
    cdef i64 rest_us
    if shell.state.batch_count == 0:
        return epoll_wait(shell.epoll_fd, ready, MAX_SOCKETS + 1, wait_ms(shell))
    rest_us = max(shell.state.batched_us + shell.state.hold_us - monotonic_us(), 0)
    rest.tv_sec = 0
    rest.tv_nsec = 1000 * rest_us
    any_socket.fd = shell.epoll_fd
    any_socket.events = <short>POLLIN
    # epoll_wait itself counts in milliseconds.
    ppoll(&any_socket, 1, &rest, NULL)
    return epoll_wait(shell.epoll_fd, ready, MAX_SOCKETS + 1, 0)


cdef void release(Shell* shell, i64 now_us) noexcept nogil:
    """Forward the batch unless it may wait on, and into buffers that are still free."""
    if shell.state.batch_count and is_held(shell.state, now_us) and shell.receive_set < RECEIVE_SETS - 1:
        return
    forward_batch(shell.state, now_us)
    shell.receive_set = 0


cdef inline int wait_ms(const Shell* shell) noexcept nogil:
    """Until the next tick; an idle worker without transports sleeps until something happens."""
    return TICK_US // 1000 if shell.state.transports.count else -1


cdef void serve(Shell* shell, int fd) noexcept nogil:
    cdef u64 ignored
    cdef int index, rounds
    if fd == shell.wake_fd:
        eventfd_read(fd, &ignored)
        return
    for index in range(shell.fd_count):
        if shell.fds[index] == fd:
            for rounds in range(DRAIN_ROUNDS):
                if receive_batch(shell, index) < RECEIVE_MESSAGES:
                    return
