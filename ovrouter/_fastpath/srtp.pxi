# SRTP by libsrtp, called without the GIL through addresses found in the shared object that pylibsrtp ships.

cdef srtp_transform_t srtp_protect
cdef srtp_transform_t srtp_unprotect
cdef srtp_transform_t srtp_protect_rtcp
cdef srtp_transform_t srtp_unprotect_rtcp
cdef hmac_t hmac
cdef evp_md_t evp_sha1

cdef enum:
    SRTP_REPLAY_FAIL = 9
    SRTP_REPLAY_OLD = 10
    REPLAY_WINDOW_PACKETS = 1024
    # Of what we send, libsrtp shifts this many bits per packet; repeats without RTX must lie within.
    REPEAT_WINDOW_PACKETS = 256


cdef void* find_symbol(void* library, bytes name) except NULL:
    cdef void* symbol = dlsym(library, name)
    if symbol == NULL:
        raise ImportError(f"pylibsrtp's library lacks {name.decode()}; install pylibsrtp >= 1.0 from its wheel")
    return symbol


cdef void load_symbols() except *:
    global srtp_protect, srtp_unprotect, srtp_protect_rtcp, srtp_unprotect_rtcp, hmac, evp_sha1
    cdef bytes path = os.fsencode(pylibsrtp._binding.__file__)
    cdef void* library = dlopen(path, RTLD_LAZY)
    if library == NULL:
        raise ImportError("cannot open the library of pylibsrtp")
    srtp_protect = <srtp_transform_t>find_symbol(library, b"srtp_protect")
    srtp_unprotect = <srtp_transform_t>find_symbol(library, b"srtp_unprotect")
    srtp_protect_rtcp = <srtp_transform_t>find_symbol(library, b"srtp_protect_rtcp")
    srtp_unprotect_rtcp = <srtp_transform_t>find_symbol(library, b"srtp_unprotect_rtcp")
    hmac = <hmac_t>find_symbol(library, b"HMAC")
    evp_sha1 = <evp_md_t>find_symbol(library, b"EVP_sha1")


cdef object new_srtp_session(int profile, bytes key, bint is_inbound):
    """A pylibsrtp Session for all SSRCs of one direction. Raises pylibsrtp.Error, ValueError for a short key."""
    policy = pylibsrtp.Policy(
        key=key,
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND if is_inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=profile,
    )
    policy.window_size = REPLAY_WINDOW_PACKETS if is_inbound else REPEAT_WINDOW_PACKETS
    # Without RTX a retransmission is the same packet once more.
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy=policy)


cdef srtp_t srtp_context(object session) except NULL:
    """The C context inside a pylibsrtp Session; valid while the Session lives."""
    cdef size_t address = int(pylibsrtp._binding.ffi.cast("uintptr_t", session._srtp[0]))
    return <srtp_t>address
