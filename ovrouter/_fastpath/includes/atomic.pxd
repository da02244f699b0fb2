"""GCC's and Clang's built-ins for numbers that two threads share."""

from libc.stdint cimport uint64_t

cdef extern from * nogil:
    int ACQUIRE "__ATOMIC_ACQUIRE"
    int RELEASE "__ATOMIC_RELEASE"
    int SEQUENTIAL "__ATOMIC_SEQ_CST"
    uint64_t atomic_load "__atomic_load_n"(const uint64_t* number, int order)
    void atomic_store "__atomic_store_n"(uint64_t* number, uint64_t value, int order)
    uint64_t atomic_exchange "__atomic_exchange_n"(uint64_t* number, uint64_t value, int order)
