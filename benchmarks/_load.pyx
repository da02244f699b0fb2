# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The packet loop of the load generator (hot: no Python object and no allocation per packet).

One thread sends the traffic of all publishers and receives at every subscriber. It counts by the sequence number in the
clear RTP header and copies a sample of the packets, and everything that is not RTP, into rings that Python drains.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free

from benchmarks._counting cimport *
from benchmarks._linux cimport *
from benchmarks._traffic cimport *

cdef enum:
    MAX_PEERS = 1024
    MAX_SENDERS = 64
    SEND_BATCH = 64
    RECEIVE_BATCH = 8
    RECEIVE_BYTES = 65536       # UDP_GRO hands over up to 64 KiB at once
    READY_BATCH = 64
    KEY_FRAME_INTERVAL = 300    # frames; ten seconds of one publisher
    KEY_FRAME_PAUSE_NS = 300000000  # key frames that are asked for come no faster
    MAX_LAG_NS = 50000000       # frames that are later than this are skipped and counted
    POLL_NS = 200000            # between two looks at the sockets

ctypedef int (*Protect)(void *session, void *packet, int *length) noexcept nogil

cdef struct Sender:
    void *srtp
    Source source
    int64_t frame_due_ns
    int64_t audio_due_ns
    int64_t key_frame_ns
    uint32_t frames_since_key
    uint64_t key_frame_sent
    uint64_t key_frame_wanted   # written by Python

cdef struct Peer:
    int fd
    Sender sender               # of a publisher
    StreamCount video
    StreamCount audio
    uint64_t received_bytes
    uint64_t other_packets      # retransmissions, padding

cdef struct Pace:
    uint32_t senders[MAX_SENDERS]
    int sender_count            # 0: silence
    int64_t frame_interval_ns
    int64_t audio_interval_ns
    int64_t spread_ns           # a frame's packets are spread over this time; 0: one burst
    uint32_t sample_every

cdef class LoadLoop:
    """Sends for some publishers at a time, receives for all.

    All methods but :meth:`run` belong to one thread; *protect* is the address of libsrtp's ``srtp_protect``.
    """

    cdef Peer *peers
    cdef uint32_t peer_count
    cdef Ring samples
    cdef Ring control
    cdef int epoll_fd
    cdef Protect protect
    cdef list keep_alive
    # Written by Python, taken over by the loop when the generation changes.
    cdef Pace wanted
    cdef uint64_t wanted_generation
    cdef uint64_t stop_wanted
    # The loop's own.
    cdef Pace pace
    cdef uint64_t generation
    cdef uint64_t until_sample
    cdef readonly uint64_t skipped_frames
    cdef readonly uint64_t send_errors
    # Buffers.
    cdef uint8_t *send_bytes
    cdef uint8_t *receive_bytes
    cdef mmsghdr send_messages[SEND_BATCH]
    cdef iovec send_vectors[SEND_BATCH]
    cdef mmsghdr receive_messages[RECEIVE_BATCH]
    cdef iovec receive_vectors[RECEIVE_BATCH]
    cdef uint8_t receive_controls[RECEIVE_BATCH][128]

    def __cinit__(self, uintptr_t protect):
        self.protect = <Protect>protect
        self.peers = <Peer *>calloc(MAX_PEERS, sizeof(Peer))
        self.samples.slots = <Slot *>calloc(RING_SLOTS, sizeof(Slot))
        self.control.slots = <Slot *>calloc(RING_SLOTS, sizeof(Slot))
        self.send_bytes = <uint8_t *>calloc(SEND_BATCH, SLOT_BYTES)
        self.receive_bytes = <uint8_t *>calloc(RECEIVE_BATCH, RECEIVE_BYTES)
        if not (self.peers and self.samples.slots and self.control.slots and self.send_bytes and self.receive_bytes):
            raise MemoryError
        self.keep_alive = []
        self.epoll_fd = epoll_create1(0)
        self._prepare_buffers()

    def __dealloc__(self):
        close(self.epoll_fd)
        free(self.peers)
        free(self.samples.slots)
        free(self.control.slots)
        free(self.send_bytes)
        free(self.receive_bytes)

    cdef void _prepare_buffers(self) noexcept nogil:
        cdef int i
        for i in range(SEND_BATCH):
            self.send_vectors[i].iov_base = self.send_bytes + i * SLOT_BYTES
            self.send_messages[i].msg_hdr.msg_iov = &self.send_vectors[i]
            self.send_messages[i].msg_hdr.msg_iovlen = 1
        for i in range(RECEIVE_BATCH):
            self.receive_vectors[i].iov_base = self.receive_bytes + i * RECEIVE_BYTES
            self.receive_vectors[i].iov_len = RECEIVE_BYTES
            self.receive_messages[i].msg_hdr.msg_iov = &self.receive_vectors[i]
            self.receive_messages[i].msg_hdr.msg_iovlen = 1
            self.receive_messages[i].msg_hdr.msg_control = self.receive_controls[i]

    cdef void _watch(self, int fd, uint32_t peer) noexcept nogil:
        cdef epoll_event event
        event.events = EPOLLIN
        event.data.u32 = peer
        epoll_ctl(self.epoll_fd, EPOLL_CTL_ADD, fd, &event)

    # -- Python's side ------------------------------------------------------------------------------------------------

    def add_subscriber(self, int fd, int video_type, int audio_type):
        """Receive at a connected, non-blocking UDP socket; returns the peer's index."""
        cdef Peer *peer = &self.peers[self.peer_count]
        if self.peer_count == MAX_PEERS:
            raise ValueError(f"the load generator has room for {MAX_PEERS} peers")
        peer.fd = fd
        peer.video.payload_type = <uint8_t>video_type
        peer.audio.payload_type = <uint8_t>audio_type
        self.peer_count += 1
        self._watch(fd, self.peer_count - 1)
        return self.peer_count - 1

    def add_publisher(self, int fd, session, uintptr_t session_address, dict video, dict audio, uint64_t seed):
        """Send from a connected UDP socket; *video* and *audio* are the fields of ``load.Media``."""
        cdef Sender *sender = &self.peers[self.peer_count].sender
        index = self.add_subscriber(fd, 255, 255)
        sender.source.video = video
        sender.source.audio = audio
        sender.source.random = seed | 1
        sender.srtp = <void *>session_address
        self.keep_alive.append(session)
        return index

    def sample(self, uint32_t every):
        """Copy one of so many received packets for :meth:`take_samples`, from now on."""
        self.wanted.sample_every = every
        self._tell_loop()

    def start_traffic(self, list publishers, *, double frame_rate, double audio_rate, int spread_us):
        """Send frames and audio packets at these rates per second, from now on and beginning with key frames.

        Each of the *publishers* sends as much, in turns: people do not blink together.
        """
        cdef int i
        if len(publishers) > MAX_SENDERS:
            raise ValueError(f"the load generator sends for at most {MAX_SENDERS} publishers at a time")
        for i in range(len(publishers)):
            self.wanted.senders[i] = publishers[i]
        self.wanted.sender_count = len(publishers)
        self.wanted.frame_interval_ns = <int64_t>(1e9 / frame_rate)
        self.wanted.audio_interval_ns = <int64_t>(1e9 / audio_rate)
        self.wanted.spread_ns = spread_us * <int64_t>1000
        self._tell_loop()

    def stop_traffic(self):
        """Send no more media."""
        self.wanted.sender_count = 0
        self._tell_loop()

    cdef void _tell_loop(self) noexcept nogil:
        store_release(&self.wanted_generation, self.wanted_generation + 1)

    def request_key_frame(self, uint32_t publisher):
        """Send a key frame next, as a browser does for a PLI."""
        cdef Sender *sender = &self.peers[publisher].sender
        store_release(&sender.key_frame_wanted, sender.key_frame_wanted + 1)

    def stop(self):
        """Make :meth:`run` return."""
        store_release(&self.stop_wanted, 1)

    def sent(self, uint32_t publisher):
        """``(video packets, video payload bytes, audio packets, audio payload bytes, video timestamp, audio timestamp)``."""
        cdef Source *source = &self.peers[publisher].sender.source
        return (source.video.packets, source.video.payload_bytes, source.audio.packets, source.audio.payload_bytes,
                source.video.timestamp, source.audio.timestamp)

    def received(self, uint32_t subscriber):
        """``(packets, duplicates, reordered, late)`` of one subscriber, each packet counted once."""
        cdef Peer *peer = &self.peers[subscriber]
        return (peer.video.received + peer.audio.received, peer.video.duplicates + peer.audio.duplicates,
                peer.video.reordered + peer.audio.reordered, peer.video.late + peer.audio.late)

    def reception(self, uint32_t subscriber):
        """``[(ssrc, expected, received, highest extended sequence number)]`` of the streams that have begun."""
        cdef Peer *peer = &self.peers[subscriber]
        return [stream for stream in (reception_of(&peer.video), reception_of(&peer.audio)) if stream is not None]

    def take_samples(self):
        """The sampled SRTP packets so far: ``[(subscriber, arrival in CLOCK_REALTIME ns, packet)]``."""
        return ring_take(&self.samples)

    def take_control(self):
        """Everything that was not RTP so far: ``[(peer, arrival in CLOCK_REALTIME ns, datagram)]``."""
        return ring_take(&self.control)

    # -- the loop's side ----------------------------------------------------------------------------------------------

    def run(self):
        """Send and receive until :meth:`stop`; needs a thread of its own."""
        with nogil:
            self._run()

    cdef void _run(self) noexcept nogil:
        # The loop polls and sleeps by the clock. Were it to wait in epoll, every datagram of the router would have to
        # wake this thread on another core, in the router's CPU time: a cost that no router has on a network.
        cdef int64_t due_ns
        prctl(PR_SET_TIMERSLACK, 1)
        while not load_acquire(&self.stop_wanted):
            self._take_orders()
            due_ns = self._send_due()
            if not self._receive_ready():
                sleep_until(due_ns)

    cdef bint _receive_ready(self) noexcept nogil:
        """Read from the peers that have something; True if there may be more."""
        cdef epoll_event ready[READY_BATCH]
        cdef int count = epoll_wait(self.epoll_fd, ready, READY_BATCH, 0)
        cdef bint more = count == READY_BATCH
        cdef int i
        for i in range(count):
            more |= self._receive(ready[i].data.u32)
        return more

    cdef void _take_orders(self) noexcept nogil:
        cdef uint64_t generation = load_acquire(&self.wanted_generation)
        if generation == self.generation:
            return
        self.generation = generation
        if self.pace.sample_every != self.wanted.sample_every:
            self.until_sample = self.wanted.sample_every
        self.pace = self.wanted
        self._start_senders(monotonic_ns())

    cdef void _start_senders(self, int64_t now_ns) noexcept nogil:
        cdef Sender *sender
        cdef int i
        for i in range(self.pace.sender_count):
            sender = &self.peers[self.pace.senders[i]].sender
            sender.frame_due_ns = now_ns + self.pace.frame_interval_ns * i // self.pace.sender_count
            sender.audio_due_ns = now_ns + self.pace.audio_interval_ns * i // self.pace.sender_count
            sender.frames_since_key = KEY_FRAME_INTERVAL
            sender.source.frame.packets = 0
            sender.source.frame.written = 0

    cdef int64_t _send_due(self) noexcept nogil:
        """Send what is due; returns when to come back."""
        cdef int64_t now_ns = monotonic_ns()
        cdef int64_t due_ns = now_ns + POLL_NS
        cdef int i
        for i in range(self.pace.sender_count):
            due_ns = min(due_ns, self._send_of(&self.peers[self.pace.senders[i]], now_ns))
        return due_ns

    cdef int64_t _send_of(self, Peer *peer, int64_t now_ns) noexcept nogil:
        """Send what is due of one publisher; returns when its next packet is."""
        cdef Sender *sender = &peer.sender
        cdef int count = 0
        if now_ns - sender.frame_due_ns > MAX_LAG_NS:
            self.skipped_frames += (now_ns - sender.frame_due_ns) // self.pace.frame_interval_ns
            sender.frame_due_ns = sender.audio_due_ns = now_ns
        while count < SEND_BATCH and self._protect_next(sender, now_ns, count):
            count += 1
        if count:
            self._send(peer.fd, count)
        return min(self._video_due_ns(sender), sender.audio_due_ns)

    cdef bint _protect_next(self, Sender *sender, int64_t now_ns, int slot) noexcept nogil:
        """Write and protect the next packet that is due into *slot*; False if none is."""
        cdef uint8_t *out = self.send_bytes + slot * SLOT_BYTES
        cdef int length
        if sender.audio_due_ns <= now_ns:
            length = write_audio(&sender.source, out, realtime_ns())
            sender.audio_due_ns += self.pace.audio_interval_ns
        elif self._video_due_ns(sender) <= now_ns:
            self._begin_frame(sender, now_ns)
            length = write_video(&sender.source, out, realtime_ns())
            if sender.source.frame.written == sender.source.frame.packets:
                sender.frame_due_ns += self.pace.frame_interval_ns
        else:
            return False
        if self.protect(sender.srtp, out, &length) != 0:
            self.send_errors += 1
        self.send_vectors[slot].iov_len = length
        return True

    cdef int64_t _video_due_ns(self, Sender *sender) noexcept nogil:
        cdef Frame *frame = &sender.source.frame
        if frame.written >= frame.packets:
            return sender.frame_due_ns
        return sender.frame_due_ns + self.pace.spread_ns * frame.written // frame.packets

    cdef void _begin_frame(self, Sender *sender, int64_t now_ns) noexcept nogil:
        cdef uint64_t wanted = load_acquire(&sender.key_frame_wanted)
        cdef bint asked = wanted != sender.key_frame_sent and now_ns - sender.key_frame_ns > KEY_FRAME_PAUSE_NS
        cdef bint is_key = asked or sender.frames_since_key >= KEY_FRAME_INTERVAL
        if sender.source.frame.written < sender.source.frame.packets:
            return
        plan_frame(&sender.source, is_key, now_ns)
        sender.frames_since_key += 1
        if is_key:
            sender.key_frame_sent = wanted
            sender.key_frame_ns = now_ns
            sender.frames_since_key = 0

    cdef void _send(self, int fd, int count) noexcept nogil:
        cdef int sent = 0
        cdef int result
        while sent < count:
            result = sendmmsg(fd, &self.send_messages[sent], count - sent, 0)
            if result <= 0:
                # A refused datagram (the router has gone, or its ICMP error is pending) is lost like any other.
                self.send_errors += 1
                result = 1
            sent += result

    cdef bint _receive(self, uint32_t index) noexcept nogil:
        """Read one batch from a peer; True if there may be more."""
        cdef int count, i
        for i in range(RECEIVE_BATCH):
            self.receive_messages[i].msg_hdr.msg_controllen = sizeof(self.receive_controls[i])
        count = recvmmsg(self.peers[index].fd, self.receive_messages, RECEIVE_BATCH, MSG_DONTWAIT, NULL)
        for i in range(count):
            self._split(index, &self.receive_messages[i])
        return count == RECEIVE_BATCH

    cdef void _split(self, uint32_t index, mmsghdr *message) noexcept nogil:
        """Take a message apart into the datagrams that the kernel joined."""
        cdef cmsghdr *control = CMSG_FIRSTHDR(&message.msg_hdr)
        cdef uint8_t *data = <uint8_t *>message.msg_hdr.msg_iov.iov_base
        cdef int left = message.msg_len
        cdef int segment = left
        cdef int64_t arrival_ns = 0
        while control != NULL:
            if control.cmsg_level == SOL_UDP and control.cmsg_type == UDP_GRO:
                segment = (<int *>CMSG_DATA(control))[0]
            elif control.cmsg_level == SOL_SOCKET and control.cmsg_type == SCM_TIMESTAMPNS:
                arrival_ns = ((<timespec *>CMSG_DATA(control)).tv_sec * <int64_t>1000000000
                              + (<timespec *>CMSG_DATA(control)).tv_nsec)
            control = CMSG_NXTHDR(&message.msg_hdr, control)
        while left > 0:
            self._datagram(index, data, min(segment, left), arrival_ns)
            data += segment
            left -= segment

    cdef void _datagram(self, uint32_t index, const uint8_t *data, int length, int64_t arrival_ns) noexcept nogil:
        cdef Peer *peer = &self.peers[index]
        cdef uint8_t payload_type
        # RFC 7983 and RFC 5761: RTP begins with 128..191, and RTCP's second byte lies in 192..223.
        if length < 12 or data[0] < 128 or data[0] > 191 or 192 <= data[1] <= 223:
            ring_put(&self.control, index, arrival_ns, data, length)
            return
        payload_type = data[1] & 0x7F
        peer.received_bytes += length
        if payload_type == peer.video.payload_type:
            count_packet(&peer.video, data)
        elif payload_type == peer.audio.payload_type:
            count_packet(&peer.audio, data)
        else:
            peer.other_packets += 1
            return
        self._sample(index, data, length, arrival_ns)

    cdef void _sample(self, uint32_t index, const uint8_t *data, int length, int64_t arrival_ns) noexcept nogil:
        self.until_sample -= 1
        if self.until_sample == 0:
            self.until_sample = self.pace.sample_every
            ring_put(&self.samples, index, arrival_ns, data, length)
