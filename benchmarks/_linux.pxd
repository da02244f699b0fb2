# Names of the kernel and the C library, and nothing else.

from libc.stdint cimport uint32_t, uint64_t

cdef extern from "<time.h>" nogil:
    struct timespec:
        long tv_sec
        long tv_nsec
    int CLOCK_MONOTONIC
    int CLOCK_REALTIME
    int TIMER_ABSTIME
    int clock_nanosleep(int clock, int flags, const timespec *until, timespec *left)
    int clock_gettime(int clock, timespec *result)

cdef extern from "<sys/socket.h>" nogil:
    ctypedef unsigned int socklen_t
    int MSG_DONTWAIT
    int SOL_SOCKET
    int SCM_TIMESTAMPNS
    struct iovec:
        void *iov_base
        size_t iov_len
    struct msghdr:
        void *msg_name
        socklen_t msg_namelen
        iovec *msg_iov
        size_t msg_iovlen
        void *msg_control
        size_t msg_controllen
        int msg_flags
    struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    struct cmsghdr:
        size_t cmsg_len
        int cmsg_level
        int cmsg_type
    cmsghdr *CMSG_FIRSTHDR(msghdr *message)
    cmsghdr *CMSG_NXTHDR(msghdr *message, cmsghdr *previous)
    unsigned char *CMSG_DATA(cmsghdr *control)
    size_t CMSG_SPACE(size_t length)
    size_t CMSG_LEN(size_t length)
    int sendmmsg(int fd, mmsghdr *messages, unsigned int count, int flags)
    int recvmmsg(int fd, mmsghdr *messages, unsigned int count, int flags, timespec *timeout)

cdef extern from "<netinet/in.h>" nogil:
    struct sockaddr_in:
        pass

cdef extern from "<netinet/udp.h>" nogil:
    int SOL_UDP
    int UDP_SEGMENT
    int UDP_GRO

cdef extern from "<sys/epoll.h>" nogil:
    int EPOLLIN
    int EPOLL_CTL_ADD
    union epoll_data_t:
        uint32_t u32
    struct epoll_event:
        uint32_t events
        epoll_data_t data
    int epoll_create1(int flags)
    int epoll_ctl(int epoll, int operation, int fd, epoll_event *event)
    int epoll_wait(int epoll, epoll_event *events, int count, int timeout_ms)

cdef extern from "<sys/prctl.h>" nogil:
    int PR_SET_TIMERSLACK
    int prctl(int option, unsigned long value)

cdef extern from "<unistd.h>" nogil:
    int close(int fd)

cdef extern from *:
    """
    static inline uint64_t load_acquire(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline void store_release(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
    """
    uint64_t load_acquire(const uint64_t *p) noexcept nogil
    void store_release(uint64_t *p, uint64_t value) noexcept nogil
