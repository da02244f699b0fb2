"""Time slices of a thread: sched_setattr(2), which the C library has from glibc 2.41 on only."""

from libc.stdint cimport uint64_t

cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    /* sched_attr of <linux/sched/types.h>, which cannot be included beside every <sched.h>. */
    struct slice_attributes {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime_ns, deadline_ns, period_ns;
    };

    static void ask_for_slice(uint64_t slice_ns) {
        struct slice_attributes attributes = {0};
        if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) == 0) {
            attributes.runtime_ns = slice_ns;
            syscall(SYS_sched_setattr, 0, &attributes, 0);
        }
    }
    """
    # For the calling thread. Kernels before 6.12 keep the slice they have; no error matters.
    void ask_for_slice(uint64_t slice_ns)
