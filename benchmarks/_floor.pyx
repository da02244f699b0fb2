# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The floor: encrypt and send, nothing else (hot).

The least that any router must do for each forwarded packet on this machine with this libsrtp and this kernel: copy it,
protect it with the subscriber's own key, and send it, runs of equal size to one address as one message (UDP_SEGMENT).
Frames and audio come in the proportion in which the load generator sends them, or also at its pace: a loop that sleeps in
between finds cold caches, as a router does that has little to do.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from benchmarks._linux cimport *
from benchmarks._traffic cimport *

cdef enum:
    MAX_SINKS = 1024
    MAX_MESSAGES = 64           # of one sendmmsg
    SLOT_BYTES = 1600
    SLAB_BYTES = 4194304        # 64 messages of up to 64 KiB
    CONTROL_BYTES = 64
    KEY_FRAME_INTERVAL = 300
    FRAME_INTERVAL_NS = 33333333
    AUDIO_INTERVAL_NS = 20000000
    MAX_BATCH_PACKETS = KEY_FRAME_PACKETS + 2

ctypedef int (*Protect)(void *session, void *packet, int *length) noexcept nogil

cdef struct Sink:
    void *srtp
    sockaddr_in address

cdef struct Plain:
    int length
    uint8_t data[SLOT_BYTES]


cdef class FloorLoop:
    """Sends to every sink; *protect* is the address of libsrtp's ``srtp_protect``."""

    cdef Protect protect
    cdef int fd
    cdef Sink *sinks
    cdef int sink_count
    cdef list keep_alive
    cdef Source source
    cdef Plain packets[MAX_BATCH_PACKETS]
    cdef int packet_count
    cdef uint8_t *slab
    cdef size_t slab_used
    cdef mmsghdr messages[MAX_MESSAGES]
    cdef iovec vectors[MAX_MESSAGES]
    cdef uint8_t controls[MAX_MESSAGES][CONTROL_BYTES]
    cdef int message_count
    cdef readonly uint64_t sent_packets
    cdef readonly uint64_t sent_messages
    cdef readonly uint64_t protect_errors

    def __cinit__(self, uintptr_t protect, int fd, dict video, dict audio, uint64_t seed):
        self.protect = <Protect>protect
        self.fd = fd
        self.sinks = <Sink *>calloc(MAX_SINKS, sizeof(Sink))
        self.slab = <uint8_t *>calloc(1, SLAB_BYTES)
        if not (self.sinks and self.slab):
            raise MemoryError
        self.keep_alive = []
        self.source.video = video
        self.source.audio = audio
        self.source.random = seed | 1

    def __dealloc__(self):
        free(self.sinks)
        free(self.slab)

    def add_sink(self, session, uintptr_t session_address, const uint8_t[:] address):
        """Send to *address* (a ``struct sockaddr_in``) with the outbound SRTP *session*."""
        cdef Sink *sink = &self.sinks[self.sink_count]
        if self.sink_count == MAX_SINKS or address.shape[0] != sizeof(sockaddr_in):
            raise ValueError(f"at most {MAX_SINKS} sinks, each a sockaddr_in")
        sink.srtp = <void *>session_address
        memcpy(&sink.address, &address[0], sizeof(sockaddr_in))
        self.keep_alive.append(session)
        self.sink_count += 1

    def run(self, double seconds, *, bint is_paced=False):
        """Send for this long, one publisher's traffic or as fast as it goes; returns the elapsed seconds.

        Needs a thread of its own, pinned to a core.
        """
        cdef int64_t begun_ns, ended_ns
        with nogil:
            begun_ns = monotonic_ns()
            if is_paced:
                self._run_paced(begun_ns, begun_ns + <int64_t>(seconds * 1e9))
            else:
                self._run(begun_ns + <int64_t>(seconds * 1e9))
            ended_ns = monotonic_ns()
        return (ended_ns - begun_ns) / 1e9

    cdef void _run(self, int64_t end_ns) noexcept nogil:
        cdef int frame = 0
        cdef int64_t now_ns = monotonic_ns()
        while now_ns < end_ns:
            self._add_frame(frame % KEY_FRAME_INTERVAL == 0, now_ns)
            # 50 audio packets go with 30 frames, in the same batch: sent by themselves they find cold caches, which
            # makes a packet up to twice as dear and is nothing that a router must do.
            self._add_audio(now_ns)
            if frame % 3 != 0:
                self._add_audio(now_ns)
            frame += 1
            self._fan_out()
            now_ns = monotonic_ns()

    cdef void _run_paced(self, int64_t now_ns, int64_t end_ns) noexcept nogil:
        cdef int frame = 0
        cdef int64_t frame_ns = now_ns
        cdef int64_t audio_ns = now_ns
        while now_ns < end_ns:
            if audio_ns <= frame_ns:
                self._add_audio(now_ns)
                audio_ns += AUDIO_INTERVAL_NS
            else:
                self._add_frame(frame % KEY_FRAME_INTERVAL == 0, now_ns)
                frame += 1
                frame_ns += FRAME_INTERVAL_NS
            self._fan_out()
            sleep_until(min(frame_ns, audio_ns))
            now_ns = monotonic_ns()

    cdef void _add_audio(self, int64_t now_ns) noexcept nogil:
        cdef Plain *packet = &self.packets[self.packet_count]
        packet.length = write_audio(&self.source, packet.data, now_ns)
        self.packet_count += 1

    cdef void _add_frame(self, bint is_key, int64_t now_ns) noexcept nogil:
        cdef Plain *packet
        plan_frame(&self.source, is_key, now_ns)
        while self.source.frame.written < self.source.frame.packets:
            packet = &self.packets[self.packet_count]
            packet.length = write_video(&self.source, packet.data, now_ns)
            self.packet_count += 1

    cdef void _fan_out(self) noexcept nogil:
        cdef int sink, begin, end
        for sink in range(self.sink_count):
            begin = 0
            while begin < self.packet_count:
                end = begin + 1
                while end < self.packet_count and self.packets[end].length == self.packets[begin].length:
                    end += 1
                self._add_message(&self.sinks[sink], begin, end)
                begin = end
        self._flush()
        self.packet_count = 0

    cdef void _add_message(self, Sink *sink, int begin, int end) noexcept nogil:
        """Protect the packets *begin* to *end*, all of one size, side by side as one message."""
        cdef uint8_t *start = self.slab + self.slab_used
        cdef int length = 0
        cdef int i
        for i in range(begin, end):
            length = self.packets[i].length
            memcpy(self.slab + self.slab_used, self.packets[i].data, length)
            if self.protect(sink.srtp, self.slab + self.slab_used, &length) != 0:
                self.protect_errors += 1
            self.slab_used += length
        self._describe(sink, start, self.slab + self.slab_used - start, length, end - begin)
        self.sent_packets += end - begin
        self.message_count += 1
        if self.message_count == MAX_MESSAGES:
            self._flush()

    cdef void _describe(self, Sink *sink, uint8_t *start, size_t total, int segment, int segments) noexcept nogil:
        cdef msghdr *header = &self.messages[self.message_count].msg_hdr
        cdef cmsghdr *control
        self.vectors[self.message_count].iov_base = start
        self.vectors[self.message_count].iov_len = total
        memset(header, 0, sizeof(msghdr))
        header.msg_name = &sink.address
        header.msg_namelen = sizeof(sockaddr_in)
        header.msg_iov = &self.vectors[self.message_count]
        header.msg_iovlen = 1
        if segments == 1:
            return
        header.msg_control = self.controls[self.message_count]
        header.msg_controllen = CMSG_SPACE(sizeof(uint16_t))
        control = CMSG_FIRSTHDR(header)
        control.cmsg_level = SOL_UDP
        control.cmsg_type = UDP_SEGMENT
        control.cmsg_len = CMSG_LEN(sizeof(uint16_t))
        (<uint16_t *>CMSG_DATA(control))[0] = <uint16_t>segment

    cdef void _flush(self) noexcept nogil:
        cdef int sent = 0
        cdef int result
        while sent < self.message_count:
            result = sendmmsg(self.fd, &self.messages[sent], self.message_count - sent, 0)
            sent += result if result > 0 else 1
        self.sent_messages += self.message_count
        self.message_count = 0
        self.slab_used = 0
