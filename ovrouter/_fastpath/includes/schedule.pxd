"""What the scheduler thinks of a thread: sched_setattr(2), which the C library has from glibc 2.41 on only."""

from libc.stdint cimport uint64_t

cdef extern from * nogil:
    """
    #include <sched.h>
    #include <stdint.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    /* sched_attr of <linux/sched/types.h>, which cannot be included beside every <sched.h>. */
    struct thread_attributes {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime_ns, deadline_ns, period_ns;
    };

    /* Returns what it was before. */
    static struct thread_attributes prefer_this_thread(uint64_t slice_ns) {
        struct thread_attributes usual = {0}, wanted;
        if (syscall(SYS_sched_getattr, 0, &usual, sizeof usual, 0) != 0 || usual.policy != SCHED_OTHER)
            return usual;
        wanted = usual;
        wanted.policy = SCHED_RR;
        wanted.priority = 1;
        wanted.nice = 0;
        wanted.runtime_ns = 0;
        if (syscall(SYS_sched_setattr, 0, &wanted, 0) != 0) {
            wanted = usual;
            wanted.runtime_ns = slice_ns;
            syscall(SYS_sched_setattr, 0, &wanted, 0);
        }
        return usual;
    }

    static void set_attributes_of_this_thread(const struct thread_attributes *attributes) {
        syscall(SYS_sched_setattr, 0, attributes, 0);
    }
    """
    ctypedef struct ThreadAttributes "struct thread_attributes":
        pass

    # SCHED_RR, the lowest priority of it, for those with CAP_SYS_NICE or RLIMIT_RTPRIO. For others short slices, which need
    # Linux 6.12 and no privilege. What is not granted stays as it is: no error matters.
    ThreadAttributes prefer_this_thread(uint64_t slice_ns)
    void set_attributes_of_this_thread(const ThreadAttributes* attributes)
