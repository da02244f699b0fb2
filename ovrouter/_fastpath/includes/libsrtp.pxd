"""Types of the functions that are found by symbol in the shared object which pylibsrtp ships (libsrtp 2 with OpenSSL)."""

ctypedef void* srtp_t
ctypedef int (*srtp_transform_t)(srtp_t session, void* packet, int* length) noexcept nogil
ctypedef const void* (*evp_md_t)() noexcept nogil
ctypedef unsigned char* (*hmac_t)(
    const void* digest,
    const void* key,
    int key_length,
    const unsigned char* data,
    size_t data_length,
    unsigned char* mac,
    unsigned int* mac_length,
) noexcept nogil

cdef enum:
    # What libsrtp may append: SRTP_MAX_TRAILER_LEN (srtp.h) is 144 for both RTP and RTCP, MKI included.
    SRTP_MAX_TRAILER_BYTES = 144
