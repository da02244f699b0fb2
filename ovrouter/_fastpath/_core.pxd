"""The state of a worker: every structure of the fast path, and nothing else.

All of it is plain data. Numbers named ``*_us`` are microseconds of one monotonic clock whose origin does not matter;
``sequence`` is an RTP sequence number extended to 64 bits, ``sequence_u16`` is the one on the wire.
"""

from libc.stdint cimport int16_t as i16
from libc.stdint cimport int64_t as i64
from libc.stdint cimport uint8_t as u8
from libc.stdint cimport uint16_t as u16
from libc.stdint cimport uint32_t as u32
from libc.stdint cimport uint64_t as u64

from ovrouter._fastpath.includes.libsrtp cimport srtp_t
from ovrouter._fastpath.includes.linux cimport iovec, mmsghdr, pthread_cond_t, pthread_mutex_t, sockaddr_in6

# ---------------------------------------------------------------------------------------------------------- limits

cdef enum:
    # An MTU and room for what SRTP appends; longer datagrams are not media and are dropped.
    MAX_DATAGRAM_BYTES = 2048
    # A table key: a packed Address, or an ICE ufrag padded with zeros.
    KEY_BYTES = 20
    MAX_PASSWORD_BYTES = 64
    # Browsers use 16 to 38; a longer one is cut.
    MAX_CNAME_BYTES = 64
    # Validated addresses a transport may use at once: two interfaces of the client times IPv4 and IPv6.
    MAX_ADDRESSES = 4
    # Per transport: two tracks, three layers, each with RTX, and room for a reconnection.
    MAX_SSRCS = 16
    # Per transport and direction; OpenVidu clients use one audio and one video.
    MAX_TRACKS = 4
    MAX_LAYERS = 3
    MAX_RID_BYTES = 16
    # Layers inside one stream; the highest of these stands for all that the publisher may have above it.
    MAX_SPATIAL = 4
    TEMPORAL_BITS = 2
    MAX_TEMPORAL = 1 << TEMPORAL_BITS
    POINTS = MAX_SPATIAL * MAX_TEMPORAL
    # What the numbers of the dependency descriptor have room for.
    MAX_TEMPLATES = 64
    MAX_TARGETS = 32
    # Header extension elements looked at per packet; browsers send up to eight.
    MAX_EXTENSIONS = 12
    BATCH_PACKETS = 256
    # Packets kept for retransmission: over one second of a 10 Mbit/s stream, in so many bytes as its rate demands.
    RING_SLOTS = 1024
    RING_MIN_BYTES = 65536
    RING_MAX_BYTES = 2097152
    # Holes followed per layer; more at once is an outage, which a keyframe repairs more cheaply.
    MAX_MISSING = 256
    # Packets sent again that are remembered for the time of a round trip.
    REPEATS = 128
    # Changes of offset a subscriber's NACK can reach back over.
    SEQUENCE_SEGMENTS = 32
    # Sent packets that a subscriber's feedback can still name: two seconds at 5 Mbit/s.
    SENT_PACKETS = 1024
    # Points of the regression that says whether queueing delay grows.
    TREND_SAMPLES = 20
    # Slices of 25 ms over which the acknowledged bitrate is taken.
    ACKED_SLICES = 20
    # Packets between two transport-wide feedbacks: 100 ms at 240 Mbit/s.
    TWCC_WINDOW = 2048
    # UDP_MAX_SEGMENTS of the kernels before 6.9.
    MAX_GSO_SEGMENTS = 64
    MAX_GSO_BYTES = 65000
    SEND_MESSAGES = 1024
    SEND_BYTES = 2097152
    EVENT_BYTES = 1048576
    NO_PAYLOAD_TYPE = 255
    # Sender reports remembered to compute the round trip (a receiver answers to one of the last).
    SENDER_REPORTS = 4
    # Waiting for local consumers: a large frame of each of a few streams, before it is handed over in between.
    TAP_MESSAGES = 256
    TAP_BYTES = 524288
    # Between two workers and one way: 80 ms of 100 Mbit/s. Workers of a process besides one.
    RELAY_BYTES = 1048576
    MAX_RELAYS = 255
    # Records a worker takes from another before commands get their turn.
    RECORDS_PER_TURN = 128
    # Subscribers of a mirror whose narrow paths its source hears of.
    MAX_NARROW = 256

# Why a datagram or packet went no further; each has a counter.
cdef enum:
    DROP_EMPTY
    DROP_TOO_LONG
    DROP_UNKNOWN_PROTOCOL
    DROP_STUN_MALFORMED
    DROP_STUN_UNKNOWN_USER
    DROP_STUN_BAD_INTEGRITY
    DROP_UNVALIDATED_SOURCE
    DROP_NOT_READY
    DROP_SRTP_AUTH
    DROP_SRTP_REPLAY
    DROP_RTP_MALFORMED
    DROP_RTCP_MALFORMED
    DROP_RTCP_UNTRUE
    DROP_UNKNOWN_SSRC
    DROP_UNKNOWN_PAYLOAD_TYPE
    DROP_DUPLICATE
    DROP_TOO_OLD
    DROP_PADDING
    DROP_EVENT_QUEUE_FULL
    DROP_SEND_QUEUE_FULL
    DROP_SEND_FAILED
    DROP_PROTECT_FAILED
    DROP_TAP_FULL
    DROP_RELAY_FULL
    DROP_COUNT

# Why a subscriber gets the layer it gets.
cdef enum:
    REASON_WANTED
    REASON_BANDWIDTH
    REASON_LIMIT
    REASON_PUBLISHER
    REASON_KEYFRAME
    REASON_PAUSED

# What the queues on the path do.
cdef enum:
    PATH_NORMAL
    PATH_OVERUSED
    PATH_UNDERUSED

cdef enum:
    CODEC_NONE
    CODEC_OPUS
    CODEC_VP8
    CODEC_VP9
    CODEC_H264
    CODEC_AV1
    CODEC_RTX

# What one worker tells another.
cdef enum:
    RECORD_FILLER
    RECORD_BINDING
    RECORD_PACKET
    RECORD_REPORT
    RECORD_KEYFRAME
    RECORD_URGENT_KEYFRAME
    RECORD_AUDIENCE

cdef enum:
    EVENT_DTLS
    EVENT_PEER
    EVENT_CONSENT_EXPIRED

# --------------------------------------------------------------------------------------------------------- packets

cdef struct Address:
    # Exactly KEY_BYTES without padding: the bytes are the table key.
    u8 socket_index
    u8 is_ipv6
    u16 port
    u8 ip[16]

cdef struct Rtp:
    # A parsed RTP packet (RFC 3550 section 5.1); offsets count from ``data``.
    u8* data
    int length
    int header_length
    int payload_length
    u8 payload_type
    bint marker
    u16 sequence_u16
    u32 timestamp
    u32 ssrc
    bint has_two_byte_extensions
    int extension_count
    u8 extension_id[MAX_EXTENSIONS]
    u16 extension_offset[MAX_EXTENSIONS]
    u8 extension_length[MAX_EXTENSIONS]
    # Behind the last element that was read; the rest, up to header_length, is not to be passed on.
    int extensions_end

cdef struct Marking:
    # Where a packet stands among the layers of its stream (the words are those of RFC 9626, whatever header they came in).
    bint is_layered
    # Its spatial and temporal layer, as an operating point (layers.pxi).
    u8 point
    # The first packet of a picture, and the last one of a frame: a picture has a frame for each spatial layer.
    bint starts
    bint ends
    bint starts_keyframe
    # Who gets all frames up to ``opens_from`` may go up to those temporal layers from here on whose operating points, with
    # the spatial layer he has, are in the set ``opens``.
    u8 opens_from
    u16 opens
    # How many the publisher says there are, 0: says nothing.
    u8 spatial_layers
    # Counters of the payload descriptor; an offset of 0 and 0 bits: absent.
    u8 picture_bits
    u8 picture_offset
    u16 picture_id
    u8 tl0_offset
    u8 tl0

cdef struct Batched:
    # One received media packet waiting for the fan-out of its batch.
    Rtp rtp
    Marking marking
    i64 sequence
    int layer
    int next

# ---------------------------------------------------------------------------------------------------------- organs

cdef struct RingSlot:
    i64 sequence
    u32 offset
    u32 lap
    u16 length

cdef struct PacketRing:
    # ``lap`` counts how often the arena was begun from the front; 0: never.
    u8* arena
    u32 size
    u32 offset
    u32 lap
    i64 begun_us
    RingSlot slots[RING_SLOTS]

cdef struct Missing:
    i64 sequence
    i64 next_us
    int tries

cdef struct NackGenerator:
    Missing missing[MAX_MISSING]
    int count

cdef struct Reception:
    # Receiver statistics of one SSRC (RFC 3550 sections 6.4 and A.3, A.8).
    bint started
    i64 first_sequence
    i64 highest_sequence
    u64 packets
    u64 bytes
    double jitter
    i64 last_transit
    i64 expected_before
    u64 packets_before
    u8 fraction_lost
    bint has_sender_report
    u64 sender_ntp
    u32 sender_timestamp
    i64 sender_report_us

cdef struct TwccReceiver:
    # Arrival times by transport-wide sequence number, 0 = not received.
    bint started
    i64 next_sequence
    i64 highest_sequence
    i64 arrival_us[TWCC_WINDOW]
    u8 feedback_count

cdef struct PacketGroup:
    # Packets sent within 5 ms, whose delay is judged as one.
    i64 first_sent_us
    i64 last_sent_us
    i64 first_arrival_us
    i64 last_arrival_us

cdef struct DelayTrend:
    # Whether the one-way delay of one transport grows (draft-ietf-rmcat-gcc-02 section 5); arrival times are the peer's.
    PacketGroup group
    PacketGroup before
    bint has_group
    bint has_before
    int deltas
    double accumulated_ms
    double smoothed_ms
    double arrival_ms[TREND_SAMPLES]
    double delay_ms[TREND_SAMPLES]
    double modified_ms
    double threshold_ms
    double overused_ms
    int overuses
    # How much the delay has grown, over how many groups; and how much it differs from group to group.
    int growths
    double growth_ms
    double noise_ms
    i64 judged_us
    int path

cdef struct SentPacket:
    # ``sent_us`` is the low half of the clock: history is much shorter than its 71 minutes.
    u32 sent_us
    u16 size_bytes
    u8 status
    u8 probe

cdef struct SendHistory:
    # What one transport sent under transport-wide sequence numbers, until feedback tells what became of it.
    u8 extension
    i64 next_sequence
    i64 reference
    SentPacket packets[SENT_PACKETS]
    DelayTrend trend

cdef struct AckedRate:
    # Bytes that arrived, by the peer's clock.
    i64 first_slice
    i64 newest_slice
    u32 slice_bytes[ACKED_SLICES]

cdef struct Probe:
    # A short burst above the estimate, to see whether more would pass.
    u8 number
    u64 target_bps
    i64 until_us
    i64 next_us
    i64 interval_us
    double owed_bytes
    int acked
    i64 first_sent_us
    i64 last_sent_us
    i64 first_arrival_us
    i64 last_arrival_us
    u32 last_sent_bytes
    u32 first_arrival_bytes
    u32 acked_bytes

cdef struct Bandwidth:
    # What the way to one client carries.
    u64 estimate_bps
    u64 floor_bps
    i64 updated_us
    i64 decreased_us
    i64 fed_back_us
    i64 round_trip_us
    double capacity_bps
    double capacity_variance
    u32 sent_packets
    u32 lost_packets
    i64 loss_judged_us
    double loss
    double inherent_loss
    double loss_at_decrease
    u64 bps_at_decrease
    AckedRate acked
    Probe probe

cdef struct SequenceSegment:
    i64 first_source
    i64 offset
    u32 epoch
    u8 layer
    # The operating point that was sent: what else came under these numbers was left out.
    u8 point
    # What its packets' other counters were shifted by, for those that are sent again after a switch.
    u32 timestamp_offset
    u16 picture_shift
    u8 tl0_shift

cdef struct SequenceMap:
    # Source → subscriber numbering, constant between drops and switches; the newest segment is at ``newest``.
    SequenceSegment segments[SEQUENCE_SEGMENTS]
    int count
    int newest
    # The newest source packet that was sent or left out; what is older comes late.
    i64 highest_source

cdef struct Message:
    Address to
    u32 offset
    u32 length
    u16 segment_bytes
    u16 segments
    bint closed

cdef struct SendQueue:
    u8* arena
    u32 used
    Message* messages
    int count

cdef struct TapQueue:
    u8* bytes
    u32 used
    iovec iov[TAP_MESSAGES]
    Transport* owners[TAP_MESSAGES]
    int count

cdef struct Record:
    # Head of what one worker tells another about a track; ``handle`` is the reader's. 16 bytes.
    u16 kind
    u16 layer
    u32 size
    u32 handle
    u32 length

cdef struct Relay:
    # Records from one worker to another; positions only grow. ``read`` and ``written`` are shared, the rest is the writer's.
    u8* bytes
    Relay* reverse
    u64 reserved
    u64 written
    u64 read
    u64 rung_at
    u64 is_rung
    int wake_fd

cdef struct Binding:
    # What a mirror knows of its source.
    u8 codec[128]
    u8 twcc_extension
    u8 dependency_extension
    int layer_count

cdef struct Report:
    # A sender report of the publisher's.
    u64 ntp
    i64 received_us
    u32 timestamp

cdef struct Audience:
    # Subscribers of a mirror, and what those of them can take whose path has shown to be narrow.
    int count
    int narrow_count
    u64 shares_bps[MAX_NARROW]

cdef struct Mirror:
    # Where an up-track's packets go to on another worker.
    Relay* relay
    u32 handle
    bint is_bound
    Audience audience

cdef struct EventQueue:
    u8* bytes
    u32 used
    int count

cdef struct TableEntry:
    u8 key[KEY_BYTES]
    Transport* transport

cdef struct Table:
    TableEntry* entries
    u32 capacity
    u32 count

cdef struct Slots:
    void** items
    u16* generations
    u32 capacity
    u32 count

cdef struct Gate:
    # A first-come-first-served lock: the worker cannot starve a command, nor the reverse.
    pthread_mutex_t mutex
    pthread_cond_t turned
    u64 next_ticket
    u64 serving

# ---------------------------------------------------------------------------------------------------------- tracks

cdef struct DependencyStructure:
    # Templates of the dependency descriptor: of each its layer and what it opens; operating points of decode targets.
    u8 template_offset
    u8 template_count
    u8 target_count
    u8 spatial_layers
    u8 point[MAX_TEMPLATES]
    u16 opens[MAX_TEMPLATES]
    u8 target_point[MAX_TARGETS]

cdef struct LayerRates:
    # By operating point: bytes since the last measurement, share of the stream, and the bitrate of all up to it.
    u32 bytes[POINTS]
    double weight[POINTS]
    u8 silent[POINTS]
    u64 bps[POINTS]
    # The highest layers that are sent.
    int top_spatial
    int top_temporal

cdef struct Layer:
    u32 ssrc
    u32 rtx_ssrc
    u8 rid[MAX_RID_BYTES]
    int rid_length
    Reception reception
    NackGenerator nack
    PacketRing ring
    # Packets that RTX brought.
    u64 repaired
    i64 last_packet_us
    # First packet of the newest keyframe; 0 before the first.
    i64 keyframe_sequence
    i64 keyframe_us
    u32 keyframe_timestamp
    i64 keyframe_asked_us
    bint is_keyframe_wanted
    bint is_keyframe_urgent
    u64 keyframe_requests
    i64 measured_us
    LayerRates rates
    u8 spatial_layers
    DependencyStructure structure
    i64 structure_sequence

cdef struct UpTrack:
    # One published track. It outlives its transport when a client publishes again under the same stream.
    u32 handle
    bint is_video
    u32 clock_rate
    Transport* transport
    u32 epoch
    u8 codec[128]
    u8 media_type_of_rtx[128]
    bint has_nack
    bint has_pli
    bint has_fir
    u8 fir_sequence
    u8 twcc_extension
    u8 dependency_extension
    int layer_count
    Layer layers[MAX_LAYERS]
    DownTrack** downs
    int down_count
    int down_capacity
    Mirror* mirrors
    int mirror_count
    # Subscribers of the mirrors; and of a mirror, the way to its source.
    int far_down_count
    Relay* origin
    u32 origin_handle
    i64 audience_us
    # What a subscriber can take has become less, and the publisher does not know.
    bint has_narrowed
    # Since somebody last asked: how loud the packets were (127 minus RFC 6464's level), and how many said so.
    u32 loudness
    u32 loudness_packets
    int catching_up_count
    int batch_first
    int batch_last
    UpTrack* next_in_batch

cdef struct Header:
    # What a subscriber's packet has in place of the publisher's. With *original_sequence* >= 0 it is one of RTX (RFC 4588).
    u8 payload_type
    u16 sequence_u16
    u32 timestamp
    u32 ssrc
    int original_sequence

cdef struct SentReport:
    u32 ntp_middle
    i64 sent_us

cdef struct Repeat:
    # A packet that a subscriber was sent again; ``sent_us`` is the low half of the clock.
    u32 sent_us
    u16 sequence_u16

cdef struct DownTrack:
    # One subscriber's copy of an UpTrack.
    u32 handle
    UpTrack* source
    Transport* transport
    u32 ssrc
    u32 rtx_ssrc
    u8 payload_type[128]
    u8 rtx_payload_type[128]
    u8 padding_payload_type
    u8 extension_id[16]
    SequenceMap sequences
    u64 min_bps
    u64 max_bps
    double bucket_bytes
    i64 bucket_us
    u32 limited_timestamp
    bint is_limited
    # The operating point it should get, -1: none; and what its publisher may send as far as this subscriber is concerned.
    int target
    int reason
    # Since when its picture is larger, and how long larger ones are tried with caution after one that did not fit.
    i64 enlarged_us
    i64 caution_us
    i64 cautious_until_us
    i64 excess_us
    u64 share_bps
    bint is_screen
    bint is_started
    bint has_asked_keyframe
    u32 epoch
    # What it gets: of which simulcast layer, and up to which operating point of that.
    int layer
    int point
    u32 timestamp_offset
    u32 last_timestamp
    u16 picture_shift
    u16 last_picture_id
    u16 left_out_picture_id
    u8 tl0_shift
    u8 last_tl0
    # Of one that is sent from the ring, a joiner or for the sake of pace: the next packet (0: has caught up), since when it is
    # behind, and where a joiner's time is live again.
    i64 cached_next
    i64 behind_us
    i64 live_sequence
    int cached_layer
    u32 live_timestamp
    i64 last_sent_us
    i64 highest_sequence
    u16 rtx_sequence_u16
    int retransmit_budget
    Repeat repeats[REPEATS]
    u64 packets
    u64 payload_bytes
    u64 retransmitted
    u64 retransmit_misses
    u64 retransmits_refused
    u64 keyframes_asked
    u64 keyframes_refused
    i64 keyframe_credit_us
    u64 freezes
    SentReport reports[SENDER_REPORTS]
    int next_report
    u8 fraction_lost
    i64 round_trip_us

# ------------------------------------------------------------------------------------------------------- transports

cdef struct SsrcEntry:
    u32 ssrc
    UpTrack* track
    int layer
    bint is_rtx

cdef struct Transport:
    # One ICE + DTLS-SRTP association with one peer; or a tap, which is ready and has its peer from the start.
    u32 handle
    int tap_fd
    # Nothing that is decided depends on it: what a consumer does must not change what is forwarded.
    bint is_tap_gone
    u64 tap_drops
    u8 ufrag[KEY_BYTES]
    u8 password[MAX_PASSWORD_BYTES]
    int password_length
    Address peer
    bint has_peer
    Address validated[MAX_ADDRESSES]
    i64 validated_us[MAX_ADDRESSES]
    int validated_count
    i64 consent_us
    srtp_t inbound
    srtp_t outbound
    bint is_ready
    u32 rtcp_ssrc
    u8 cname[MAX_CNAME_BYTES]
    int cname_length
    u8 mid_extension
    u8 rid_extension
    u8 repaired_rid_extension
    u8 dependency_extension
    u8 twcc_extension
    u8 level_extension
    TwccReceiver* twcc
    SendHistory* history
    Client* client
    Transport* next_of_client
    u64 min_bitrate_bps
    u64 max_bitrate_bps
    u64 audience_max_bps
    u64 told_bitrate_bps
    bint has_remb
    # What the peer, as a subscriber, last said it can take.
    u64 remb_bps
    u64 estimate_bps
    u64 estimated_bytes
    i64 reported_us
    SsrcEntry ssrcs[MAX_SSRCS]
    int ssrc_count
    UpTrack* ups[MAX_TRACKS]
    int up_count
    DownTrack* downs[MAX_TRACKS]
    int down_count
    u64 received_packets
    u64 received_bytes
    u64 sent_packets
    u64 sent_bytes

cdef struct Client:
    # All transports to one client: they share its access link, so they share one estimate and one allocation.
    u32 handle
    u64 key
    Transport* transports
    Bandwidth bandwidth
    i64 allocated_us
    u64 media_bps
    u64 wanted_bps
    # What went into repair since the last allocation, and may until the next; and what repair takes on average.
    u64 repaired_bytes
    i64 repair_budget_bytes
    double repair_bps
    # What may leave at once.
    double pace_bytes
    i64 paced_us

# ----------------------------------------------------------------------------------------------------------- trace

cdef struct Outputs:
    # All that left a core since its trace began.
    u64 digest
    u64 datagrams
    u64 events
    u64 tapped

cdef struct Trace:
    u8* bytes
    size_t capacity
    size_t used
    bint has_ended
    Outputs outputs

# ------------------------------------------------------------------------------------------------------------ core

ctypedef void (*flush_t)(void* shell) noexcept nogil

cdef struct State:
    # All that one worker knows.
    Gate gate
    Slots transports
    Slots up_tracks
    Slots down_tracks
    Slots clients
    Table by_address
    Table by_ufrag
    SendQueue sending
    TapQueue taps
    EventQueue events
    # To and from each other worker of the process; what rings us, -1: nothing.
    int wake_fd
    Relay* relays_in[MAX_RELAYS]
    Relay* relays_out[MAX_RELAYS]
    int relay_count
    Batched batch[BATCH_PACKETS]
    int batch_count
    UpTrack* batch_tracks
    # Of the batch: when it began, how many packets it will become, and whether a frame ends in it.
    i64 batched_us
    int batch_copies
    bint batch_ends_frame
    i64 hold_us
    i64 ticked_us
    u32 tick_phase
    u64 drops[DROP_COUNT]
    u64 forwarded_packets
    u64 received_packets
    flush_t flush
    void* shell
    # NULL: nobody wants one.
    Trace* trace


# ----------------------------------------------------------------------------------------------------------- shell

cdef enum:
    MAX_SOCKETS = 16
    RECEIVE_MESSAGES = 16
    # Buffers that a held batch may still point into, and the one in use.
    RECEIVE_SETS = 4
    # With GRO one message may carry up to 64 KiB of datagrams.
    RECEIVE_BYTES = 65536
    SEND_VECTOR = 64
    CONTROL_BYTES = 64

cdef struct Shell:
    # The thread's sockets and system-call vectors.
    State* state
    int fds[MAX_SOCKETS]
    bint is_ipv6[MAX_SOCKETS]
    int fd_count
    int epoll_fd
    int wake_fd
    int event_fd
    bint is_stopping
    bint has_gso
    u8* receive_bytes
    int receive_set
    mmsghdr receive[RECEIVE_MESSAGES]
    iovec receive_iov[RECEIVE_MESSAGES]
    sockaddr_in6 receive_names[RECEIVE_MESSAGES]
    u8 receive_control[RECEIVE_MESSAGES][CONTROL_BYTES]
    mmsghdr send[SEND_VECTOR]
    iovec send_iov[SEND_VECTOR]
    sockaddr_in6 send_names[SEND_VECTOR]
    u8 send_control[SEND_VECTOR][CONTROL_BYTES]
    u64 system_calls


cdef class RelayOwner:
    """Frees a relay once both its writer and its reader are gone."""
    cdef Relay* relay


cdef class Core:
    cdef State* state
    cdef dict srtp_sessions
    cdef list relays
    cdef object __weakref__
    cdef dict kind_of(self, u32 up_track)
    cdef int relay_to(self, Core other) except -1
    cdef Relay* relay_out(self, int index) except NULL
    cdef int note(self, str name, tuple arguments, dict options=*) except -1
    cdef Transport* transport(self, u32 handle) except NULL
    cdef UpTrack* up_track(self, u32 handle) except NULL
    cdef DownTrack* down_track(self, u32 handle) except NULL


cdef class Replay(Core):
    cdef u8* slots
    cdef int slot
    cdef int feed_datagram(self, const u8[::1] body, i64 now_us) except -1
    cdef int feed_relayed(self, const u8[::1] body, i64 now_us) except -1


cdef class Worker(Core):
    cdef list sockets
    cdef Shell* shell
