# Views into the organs for tests and fuzzers: each takes bytes and tells what the organ made of them.

def probe_rtp(bytes packet not None):
    """The header fields as a dict, or None if the packet is not RTP."""
    cdef Rtp rtp
    cdef u8 data[MAX_DATAGRAM_BYTES]
    cdef int length = <int>min(len(packet), MAX_DATAGRAM_BYTES)
    memcpy(data, <const u8*><char*>packet, length)
    if parse_rtp(data, length, &rtp) != 0:
        return None
    return {
        "payload_type": rtp.payload_type,
        "marker": bool(rtp.marker),
        "sequence": rtp.sequence_u16,
        "timestamp": rtp.timestamp,
        "ssrc": rtp.ssrc,
        "header_length": rtp.header_length,
        "payload_length": rtp.payload_length,
        "extensions": {
            rtp.extension_id[i]: packet[rtp.extension_offset[i] : rtp.extension_offset[i] + rtp.extension_length[i]]
            for i in range(rtp.extension_count)
        },
    }


def probe_renumber(bytes packet not None, dict ids not None):
    """The packet with its header extensions renumbered, or None if it is not RTP."""
    cdef Rtp rtp
    cdef u8 data[MAX_DATAGRAM_BYTES]
    cdef u8 new_ids[16]
    cdef int length = <int>min(len(packet), MAX_DATAGRAM_BYTES)
    memcpy(data, <const u8*><char*>packet, length)
    if parse_rtp(data, length, &rtp) != 0:
        return None
    for index in range(16):
        new_ids[index] = ids.get(index, 0)
    renumber_extensions(&rtp, data, new_ids)
    return <bytes>data[:length]


def probe_keyframe(str codec not None, bytes payload not None):
    return bool(starts_keyframe(CODECS[codec], <const u8*><char*>payload, <int>len(payload)))


def probe_marking(str codec not None, bytes payload not None):
    """What the payload says of the packet's place among layers; None for counters it does not have."""
    cdef Marking marking
    cdef Rtp rtp
    cdef bytes packet = b"\x80\x60" + bytes(10) + payload
    if parse_rtp(<u8*><char*>packet, <int>len(packet), &rtp) != 0:
        return None
    read_marking(CODECS[codec], &rtp, &marking)
    return describe_marking(&marking)


def probe_dependency(descriptors):
    """What the last of some dependency descriptors says, after the others have been learned from."""
    cdef UpTrack* track = <UpTrack*>calloc(1, sizeof(UpTrack))
    cdef Marking marking
    cdef Rtp rtp
    if track == NULL:
        raise MemoryError
    try:
        track.dependency_extension = 1
        track.codec[96] = CODEC_AV1
        memset(&marking, 0, sizeof(Marking))
        for number, descriptor in enumerate(descriptors, 1):
            packet = in_extension(descriptor)
            if parse_rtp(<u8*><char*>packet, <int>len(packet), &rtp) == 0:
                learn_structure(track, &track.layers[0], &rtp, number)
                mark_packet(track, 0, &rtp, &marking)
        return describe_marking(&marking)
    finally:
        free(track)


cdef bytes in_extension(bytes descriptor):
    """A packet with nothing but this extension element, number 1, of at most 255 bytes."""
    element = bytes([1, len(descriptor)]) + descriptor
    words = (len(element) + 3) // 4
    return b"\x90\x60" + bytes(10) + b"\x10\x00" + words.to_bytes(2, "big") + element.ljust(4 * words, b"\0")


cdef dict describe_marking(const Marking* marking):
    return {
        "is_layered": bool(marking.is_layered),
        "layer": describe_point(marking.point),
        "starts": bool(marking.starts),
        "ends": bool(marking.ends),
        "opens_from": describe_point(marking.opens_from),
        "opens": [describe_point(point) for point in range(POINTS) if marking.opens & (1 << point)],
        "picture_id": marking.picture_id if marking.picture_bits else None,
        "tl0": marking.tl0 if marking.tl0_offset else None,
        "spatial_layers": marking.spatial_layers,
    }


def probe_counted_on(str codec not None, bytes payload not None, u16 pictures):
    """The payload with *pictures* added to its picture id and TL0PICIDX."""
    cdef Marking marking
    cdef SequenceSegment segment
    cdef Rtp rtp
    cdef bytearray packet = bytearray(b"\x80\x60" + bytes(10) + payload)
    if parse_rtp(<u8*><char*>packet, <int>len(packet), &rtp) != 0:
        return None
    read_marking(CODECS[codec], &rtp, &marking)
    segment.picture_shift = pictures
    segment.tl0_shift = <u8>pictures
    shift_counters(rtp.data + rtp.header_length, &marking, &segment)
    return bytes(packet[12:])


def probe_stun(bytes packet not None, bytes password not None):
    """``(username, integrity is right, use_candidate)``, or None if it is no acceptable Binding request."""
    cdef StunRequest request
    cdef u8 data[MAX_DATAGRAM_BYTES]
    cdef int length = <int>len(packet)
    if length > MAX_DATAGRAM_BYTES:
        return None
    memcpy(data, <const u8*><char*>packet, length)
    if parse_stun_request(data, length, &request) != 0:
        return None
    right = bool(is_integrity_right(data, &request, <const u8*><char*>password, <int>len(password)))
    return (<bytes>request.username[: request.username_length], right, bool(request.use_candidate))


def probe_twcc(arrivals, int next_sequence=-1):
    """Feed ``(sequence, arrival in µs)`` pairs and return the feedback packets."""
    cdef TwccReceiver* twcc = <TwccReceiver*>calloc(1, sizeof(TwccReceiver))
    cdef u8 out[RTCP_BYTES]
    cdef int length
    if twcc == NULL:
        raise MemoryError
    try:
        for sequence, arrival_us in arrivals:
            twcc_add(twcc, <u16>(sequence & 0xFFFF), arrival_us)
        packets = []
        while True:
            length = write_twcc_feedback(twcc, 1, 2, out)
            if length == 0:
                return packets
            packets.append(<bytes>out[:length])
    finally:
        free(twcc)


def probe_nack(sequences):
    """The generic NACK that asks for *sequences* (ascending, at most 64)."""
    cdef u16 wanted[NACK_MAX_PER_MESSAGE]
    cdef u8 out[RTCP_BYTES]
    cdef int count = 0
    for sequence in sequences[:NACK_MAX_PER_MESSAGE]:
        wanted[count] = <u16>(sequence & 0xFFFF)
        count += 1
    return <bytes>out[: write_nack(out, 1, 2, wanted, count)]


def probe_remb(u64 bitrate_bps, ssrcs):
    cdef u32 media[MAX_SSRCS]
    cdef u8 out[RTCP_BYTES]
    for index, ssrc in enumerate(ssrcs[:MAX_SSRCS]):
        media[<int>index] = ssrc
    return <bytes>out[: write_remb(out, 1, bitrate_bps, media, <int>min(len(ssrcs), MAX_SSRCS))]


def probe_sequences(steps):
    """Drive a sequence map: ``("begin"|"drop"|"map", source)``; returns what the map steps gave."""
    cdef SequenceMap map
    cdef const SequenceSegment* segment
    memset(&map, 0, sizeof(map))
    out = []
    for verb, source in steps:
        if verb == "begin":
            push_segment(&map, source, 0, 1, 0, TOP_POINT)
        elif verb == "drop":
            drop_sequence(&map, source)
        else:
            segment = segment_of(&map, source, 1, 0)
            out.append(-1 if segment == NULL else source - segment.offset)
    return out
