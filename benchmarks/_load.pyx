# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The packet loop of the load generator (hot: no Python object and no allocation per packet).

One thread sends the traffic of one publisher and receives at every subscriber. It counts by the sequence number in the
clear RTP header and copies a sample of the packets, and everything that is not RTP, into rings that Python drains.
"""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from benchmarks._linux cimport *
from benchmarks._traffic cimport *

cdef enum:
    MAX_PEERS = 1024
    SEND_BATCH = 64
    RECEIVE_BATCH = 8
    RECEIVE_BYTES = 65536       # UDP_GRO hands over up to 64 KiB at once
    READY_BATCH = 64
    RING_SLOTS = 4096           # a power of two; four seconds of samples at 1,000 a second
    SLOT_BYTES = 1600           # more than any datagram of an Ethernet path
    SEEN_WORDS = 16             # a window of 1,024 packets tells duplicates from late packets
    KEY_FRAME_INTERVAL = 300    # frames; ten seconds of one publisher
    KEY_FRAME_PAUSE_NS = 300000000  # key frames that are asked for come no faster
    MAX_LAG_NS = 50000000       # frames that are later than this are skipped and counted
    POLL_NS = 200000            # between two looks at the sockets

ctypedef int (*Protect)(void *session, void *packet, int *length) noexcept nogil

cdef struct Slot:
    uint32_t peer
    int64_t arrival_ns
    int length
    uint8_t data[SLOT_BYTES]

cdef struct Ring:
    Slot *slots
    uint64_t written
    uint64_t taken
    uint64_t dropped

cdef struct StreamCount:
    uint8_t payload_type
    bint started
    uint32_t ssrc
    uint32_t first
    uint32_t highest            # sequence number extended by its cycles
    uint64_t received           # each packet once
    uint64_t duplicates
    uint64_t reordered
    uint64_t late               # older than the window: duplicate or not, nobody can tell
    uint64_t seen[SEEN_WORDS]

cdef struct Peer:
    int fd
    void *srtp                  # of a publisher, else NULL
    Source source
    StreamCount video
    StreamCount audio
    uint64_t received_bytes
    uint64_t other_packets      # retransmissions, padding

cdef struct Pace:
    uint32_t publisher
    int64_t frame_interval_ns
    int64_t audio_interval_ns
    int64_t spread_ns           # a frame's packets are spread over this time; 0: one burst
    uint32_t sample_every
    bint active

cdef inline void ring_put(Ring *ring, uint32_t peer, int64_t arrival_ns, const uint8_t *data, int length) noexcept nogil:
    cdef Slot *slot
    if length > SLOT_BYTES or ring.written - load_acquire(&ring.taken) >= RING_SLOTS:
        ring.dropped += 1
        return
    slot = &ring.slots[ring.written % RING_SLOTS]
    slot.peer = peer
    slot.arrival_ns = arrival_ns
    slot.length = length
    memcpy(slot.data, data, length)
    store_release(&ring.written, ring.written + 1)

cdef list ring_take(Ring *ring):
    cdef uint64_t end = load_acquire(&ring.written)
    cdef Slot *slot
    taken = []
    while ring.taken < end:
        slot = &ring.slots[ring.taken % RING_SLOTS]
        taken.append((slot.peer, slot.arrival_ns, <bytes>slot.data[:slot.length]))
        store_release(&ring.taken, ring.taken + 1)
    return taken

cdef inline void seen_advance(StreamCount *count, uint32_t to) noexcept nogil:
    cdef uint32_t steps = to - count.highest
    cdef uint32_t position
    if steps >= SEEN_WORDS * 64:
        memset(count.seen, 0, sizeof(count.seen))
    else:
        for position in range(count.highest + 1, to + 1):
            count.seen[(position >> 6) % SEEN_WORDS] &= ~(<uint64_t>1 << (position & 63))
    count.highest = to

cdef inline void count_sequence(StreamCount *count, uint16_t sequence) noexcept nogil:
    cdef int16_t ahead = <int16_t>(sequence - <uint16_t>count.highest)
    cdef uint32_t position = count.highest + ahead
    cdef uint64_t bit = <uint64_t>1 << (position & 63)
    cdef uint64_t *word = &count.seen[(position >> 6) % SEEN_WORDS]
    if ahead > 0:
        seen_advance(count, position)
    elif -ahead >= SEEN_WORDS * 64:
        count.late += 1
        return
    elif word[0] & bit:
        count.duplicates += 1
        return
    else:
        count.reordered += 1
    word[0] |= bit
    count.received += 1

cdef inline void count_packet(StreamCount *count, const uint8_t *packet) noexcept nogil:
    cdef uint16_t sequence = <uint16_t>(packet[2] << 8 | packet[3])
    cdef uint32_t ssrc = <uint32_t>packet[8] << 24 | <uint32_t>packet[9] << 16 | <uint32_t>packet[10] << 8 | packet[11]
    if not count.started or ssrc != count.ssrc:
        # One cycle up, so that packets from before the first one do not go below zero.
        count.started = True
        count.ssrc = ssrc
        count.first = 0x10000 + sequence
        count.highest = count.first - 1
        memset(count.seen, 0, sizeof(count.seen))
    count_sequence(count, sequence)

cdef inline void sleep_until(int64_t time_ns) noexcept nogil:
    cdef timespec until
    until.tv_sec = time_ns // 1000000000
    until.tv_nsec = time_ns % 1000000000
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)

cdef tuple reception_of(StreamCount *count):
    if not count.started:
        return None
    return (count.ssrc, count.highest - count.first + 1, count.received, count.highest)


cdef class LoadLoop:
    """Sends for one publisher at a time, receives for all.

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
    cdef uint64_t key_frame_wanted
    # The loop's own.
    cdef Pace pace
    cdef uint64_t generation
    cdef uint64_t key_frame_sent
    cdef int64_t frame_due_ns, audio_due_ns, key_frame_ns
    cdef uint32_t frames_since_key
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
        cdef Source *source = &self.peers[self.peer_count].source
        index = self.add_subscriber(fd, 255, 255)
        source.video = video
        source.audio = audio
        source.random = seed | 1
        self.peers[index].srtp = <void *>session_address
        self.keep_alive.append(session)
        return index

    def sample(self, uint32_t every):
        """Copy one of so many received packets for :meth:`take_samples`, from now on."""
        self.wanted.sample_every = every
        self._tell_loop()

    def start_traffic(self, uint32_t publisher, *, double frame_rate, double audio_rate, int spread_us):
        """Send frames and audio packets at these rates per second, from now on and beginning with a key frame."""
        self.wanted.publisher = publisher
        self.wanted.frame_interval_ns = <int64_t>(1e9 / frame_rate)
        self.wanted.audio_interval_ns = <int64_t>(1e9 / audio_rate)
        self.wanted.spread_ns = spread_us * <int64_t>1000
        self.wanted.active = True
        self._tell_loop()

    def stop_traffic(self):
        """Send no more media."""
        self.wanted.active = False
        self._tell_loop()

    cdef void _tell_loop(self) noexcept nogil:
        store_release(&self.wanted_generation, self.wanted_generation + 1)

    def request_key_frame(self):
        """Begin the next frame but one with a key frame, as a browser does for a PLI."""
        store_release(&self.key_frame_wanted, self.key_frame_wanted + 1)

    def stop(self):
        """Make :meth:`run` return."""
        store_release(&self.stop_wanted, 1)

    def sent(self, uint32_t publisher):
        """``(video packets, video payload bytes, audio packets, audio payload bytes, video timestamp, audio timestamp)``."""
        cdef Source *source = &self.peers[publisher].source
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
        self.frame_due_ns = self.audio_due_ns = monotonic_ns()
        self.frames_since_key = KEY_FRAME_INTERVAL
        self.peers[self.pace.publisher].source.frame.packets = 0
        self.peers[self.pace.publisher].source.frame.written = 0

    cdef int64_t _send_due(self) noexcept nogil:
        """Send what is due; returns when to come back."""
        cdef Peer *peer = &self.peers[self.pace.publisher]
        cdef int64_t now_ns = monotonic_ns()
        cdef int count = 0
        if not self.pace.active:
            return now_ns + POLL_NS
        if now_ns - self.frame_due_ns > MAX_LAG_NS:
            self.skipped_frames += (now_ns - self.frame_due_ns) // self.pace.frame_interval_ns
            self.frame_due_ns = self.audio_due_ns = now_ns
        while count < SEND_BATCH and self._protect_next(peer, now_ns, count):
            count += 1
        if count:
            self._send(peer.fd, count)
        if count == SEND_BATCH:
            return now_ns
        return min(now_ns + <int64_t>POLL_NS, min(self._video_due_ns(peer), self.audio_due_ns))

    cdef bint _protect_next(self, Peer *peer, int64_t now_ns, int slot) noexcept nogil:
        """Write and protect the next packet that is due into *slot*; False if none is."""
        cdef uint8_t *out = self.send_bytes + slot * SLOT_BYTES
        cdef int length
        if self.audio_due_ns <= now_ns:
            length = write_audio(&peer.source, out, realtime_ns())
            self.audio_due_ns += self.pace.audio_interval_ns
        elif self._video_due_ns(peer) <= now_ns:
            self._begin_frame(peer, now_ns)
            length = write_video(&peer.source, out, realtime_ns())
            if peer.source.frame.written == peer.source.frame.packets:
                self.frame_due_ns += self.pace.frame_interval_ns
        else:
            return False
        if self.protect(peer.srtp, out, &length) != 0:
            self.send_errors += 1
        self.send_vectors[slot].iov_len = length
        return True

    cdef int64_t _video_due_ns(self, Peer *peer) noexcept nogil:
        cdef Frame *frame = &peer.source.frame
        if frame.written >= frame.packets:
            return self.frame_due_ns
        return self.frame_due_ns + self.pace.spread_ns * frame.written // frame.packets

    cdef void _begin_frame(self, Peer *peer, int64_t now_ns) noexcept nogil:
        cdef bint asked = load_acquire(&self.key_frame_wanted) != self.key_frame_sent
        cdef bint is_key
        if peer.source.frame.written < peer.source.frame.packets:
            return
        is_key = self.frames_since_key >= KEY_FRAME_INTERVAL or (asked and now_ns - self.key_frame_ns > KEY_FRAME_PAUSE_NS)
        plan_frame(&peer.source, is_key, now_ns)
        self.frames_since_key += 1
        if is_key:
            self.key_frame_sent = load_acquire(&self.key_frame_wanted)
            self.key_frame_ns = now_ns
            self.frames_since_key = 0

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
