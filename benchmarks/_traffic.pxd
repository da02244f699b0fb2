# Traffic as a browser sends it: frames of video in bursts of nearly equal packets, and audio.
#
# The payload of every packet carries a probe (magic, send time, counter, length) and a pattern that follows from the
# counter, so that a receiver can check content and delay without knowing what was sent. Both the load generator and the
# floor build their packets here: same sizes, same bursts.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from benchmarks._linux cimport CLOCK_MONOTONIC, CLOCK_REALTIME, TIMER_ABSTIME, clock_gettime, clock_nanosleep, timespec

cdef enum:
    MAX_PAYLOAD_BYTES = 1100
    MAX_FRAME_PACKETS = 12      # of an ordinary frame: 12 x 1,100 x 8 x 30 is 3.2 Mbit/s
    KEY_FRAME_PACKETS = 30
    MIN_FRAME_BYTES = 200
    AUDIO_PAYLOAD_BYTES = 100   # 40 kbit/s Opus in 20 ms frames
    RTP_HEADER_BYTES = 24       # 12, the extension header (4) and two one-byte elements, padded (8)
    VP8_HEADER_BYTES = 14       # descriptor with a 15-bit picture id (4), key-frame header (10)
    PROBE_BYTES = 18
    PROBE_MAGIC = 0x4252564F    # "OVRB"
    VIDEO_CLOCK_HZ = 90000
    AUDIO_CLOCK_HZ = 48000

cdef struct RtpStream:
    uint32_t ssrc
    uint8_t payload_type
    uint8_t abs_send_time       # ids of header extensions; 0: not negotiated
    uint8_t transport_cc
    uint8_t audio_level
    uint16_t sequence
    uint32_t timestamp
    uint64_t packets
    uint64_t payload_bytes

cdef struct Frame:
    int packets
    int packet_bytes
    int larger_from             # packets from this index on are one byte longer
    int written
    bint is_key

cdef struct Source:
    RtpStream video
    RtpStream audio
    Frame frame
    uint16_t transport_sequence
    uint16_t picture_id
    uint32_t counter
    uint64_t random

cdef inline int64_t monotonic_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <int64_t>now.tv_sec * 1000000000 + now.tv_nsec


cdef inline void sleep_until(int64_t time_ns) noexcept nogil:
    cdef timespec until
    until.tv_sec = time_ns // 1000000000
    until.tv_nsec = time_ns % 1000000000
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)

cdef inline int64_t realtime_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_REALTIME, &now)
    return <int64_t>now.tv_sec * 1000000000 + now.tv_nsec

cdef inline uint32_t random_below(Source *source, uint32_t bound) noexcept nogil:
    # xorshift64: the same seed gives the same frames in every run.
    source.random ^= source.random << 13
    source.random ^= source.random >> 7
    source.random ^= source.random << 17
    return <uint32_t>((source.random >> 32) % bound)

cdef inline void plan_frame(Source *source, bint is_key, int64_t now_ns) noexcept nogil:
    # libwebrtc splits a frame "about equally": sizes differ by at most one byte, the larger packets last.
    cdef Frame *frame = &source.frame
    cdef int packets = KEY_FRAME_PACKETS if is_key else 1 + <int>random_below(source, MAX_FRAME_PACKETS)
    cdef int least = (packets - 1) * MAX_PAYLOAD_BYTES + 1 if packets > 1 else MIN_FRAME_BYTES
    cdef int frame_bytes = least + <int>random_below(source, packets * MAX_PAYLOAD_BYTES - least + 1)
    frame.packets = packets
    frame.packet_bytes = frame_bytes // packets
    frame.larger_from = packets - frame_bytes % packets
    frame.written = 0
    frame.is_key = is_key
    source.picture_id = (source.picture_id + 1) & 0x7FFF
    source.video.timestamp = <uint32_t>(now_ns // 100000 * (VIDEO_CLOCK_HZ // 10000))

cdef inline void put_u16(uint8_t *out, uint16_t value) noexcept nogil:
    out[0] = <uint8_t>(value >> 8)
    out[1] = <uint8_t>value

cdef inline void put_u32(uint8_t *out, uint32_t value) noexcept nogil:
    put_u16(out, <uint16_t>(value >> 16))
    put_u16(out + 2, <uint16_t>value)

cdef inline void write_extensions(Source *source, RtpStream *stream, uint8_t *out, int64_t now_ns) noexcept nogil:
    cdef uint32_t send_time
    memset(out, 0, 12)
    put_u32(out, 0xBEDE0002)  # RFC 8285 one-byte header, two words
    out += 4
    if stream.abs_send_time:
        # Seconds modulo 64 in 6.18 fixed point.
        send_time = <uint32_t>((((now_ns // 1000 % 64000000) << 18) // 1000000) & 0xFFFFFF)
        out[0] = <uint8_t>(stream.abs_send_time << 4 | 2)
        out[1] = <uint8_t>(send_time >> 16)
        put_u16(out + 2, <uint16_t>send_time)
        out += 4
    elif stream.audio_level:
        out[0] = <uint8_t>(stream.audio_level << 4)
        out[1] = 0x80 | 30  # voice at -30 dBov
        out += 2
    if stream.transport_cc:
        out[0] = <uint8_t>(stream.transport_cc << 4 | 1)
        put_u16(out + 1, source.transport_sequence)
        source.transport_sequence += 1

cdef inline void write_rtp_header(Source *source, RtpStream *stream, bint marker, uint8_t *out,
                                  int64_t now_ns) noexcept nogil:
    out[0] = 0x90  # version 2 with extension
    out[1] = <uint8_t>(stream.payload_type | (0x80 if marker else 0))
    put_u16(out + 2, stream.sequence)
    put_u32(out + 4, stream.timestamp)
    put_u32(out + 8, stream.ssrc)
    write_extensions(source, stream, out + 12, now_ns)
    stream.sequence += 1

cdef inline void write_probe(Source *source, uint8_t *out, int length, int64_t now_ns) noexcept nogil:
    # Little endian, as load.py reads it.
    cdef uint32_t magic = PROBE_MAGIC
    cdef uint16_t probe_length = <uint16_t>length
    cdef uint8_t first = <uint8_t>source.counter
    cdef int i
    memcpy(out, &magic, 4)
    memcpy(out + 4, &now_ns, 8)
    memcpy(out + 12, &source.counter, 4)
    memcpy(out + 16, &probe_length, 2)
    for i in range(length - PROBE_BYTES):
        out[PROBE_BYTES + i] = <uint8_t>(first + i)
    source.counter += 1

cdef inline void write_vp8_header(Source *source, uint8_t *out) noexcept nogil:
    cdef bint starts_frame = source.frame.written == 0
    memset(out, 0, VP8_HEADER_BYTES)
    out[0] = 0x90 if starts_frame else 0x80     # RFC 7741: X, and S in a frame's first packet
    out[1] = 0x80                               # I: a picture id follows
    put_u16(out + 2, 0x8000 | source.picture_id)
    out[4] = 0 if source.frame.is_key else 1    # P is zero in key frames
    out[7], out[8], out[9] = 0x9D, 0x01, 0x2A   # RFC 6386 start code
    out[10], out[11] = 0x80, 0x02               # 640
    out[12], out[13] = 0xE0, 0x01               # 480

cdef inline int write_video(Source *source, uint8_t *out, int64_t now_ns) noexcept nogil:
    """The next packet of the planned frame; its length."""
    cdef Frame *frame = &source.frame
    cdef int payload = frame.packet_bytes + (1 if frame.written >= frame.larger_from else 0)
    write_rtp_header(source, &source.video, frame.written + 1 == frame.packets, out, now_ns)
    write_vp8_header(source, out + RTP_HEADER_BYTES)
    write_probe(source, out + RTP_HEADER_BYTES + VP8_HEADER_BYTES, payload - VP8_HEADER_BYTES, now_ns)
    frame.written += 1
    source.video.packets += 1
    source.video.payload_bytes += payload
    return RTP_HEADER_BYTES + payload

cdef inline int write_audio(Source *source, uint8_t *out, int64_t now_ns) noexcept nogil:
    """One audio packet; its length."""
    write_rtp_header(source, &source.audio, False, out, now_ns)
    write_probe(source, out + RTP_HEADER_BYTES, AUDIO_PAYLOAD_BYTES, now_ns)
    source.audio.timestamp += AUDIO_CLOCK_HZ // 50
    source.audio.packets += 1
    source.audio.payload_bytes += AUDIO_PAYLOAD_BYTES
    return RTP_HEADER_BYTES + AUDIO_PAYLOAD_BYTES
