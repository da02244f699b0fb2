# What is told of the inside: plain dictionaries whose names end in their unit.

cdef dict describe_layer(Layer* layer, u32 clock_rate):
    cdef Reception* reception = &layer.reception
    cdef i64 expected = reception.highest_sequence - reception.first_sequence + 1 if reception.started else 0
    return {
        "ssrc": layer.ssrc,
        "received_packets": reception.packets,
        "received_bytes": reception.bytes,
        "lost_packets": max(0, expected - <i64>reception.packets),
        "missing_packets": layer.nack.count,
        "ring_bytes": layer.ring.size,
        "repaired_packets": layer.repaired,
        "jitter_us": <i64>(reception.jitter * 1e6 / clock_rate),
        "keyframe_requests": layer.keyframe_requests,
    }


cdef dict describe_bandwidth(const Bandwidth* bandwidth):
    return {
        "estimate_bps": bandwidth.estimate_bps,
        "acked_bps": acked_rate(&bandwidth.acked),
        "loss": bandwidth.loss,
        "inherent_loss": bandwidth.inherent_loss,
        "round_trip_us": bandwidth.round_trip_us,
    }


cdef tuple describe_point(int point):
    """``(spatial, temporal)``, each from 0; None: nothing is sent."""
    return None if point == NO_LAYER else (spatial_of(point), temporal_of(point))


cdef dict describe_down(const DownTrack* down):
    return {
        "sent_packets": down.packets,
        "sent_payload_bytes": down.payload_bytes,
        "retransmitted_packets": down.retransmitted,
        "retransmit_misses_packets": down.retransmit_misses,
        "retransmits_refused_packets": down.retransmits_refused,
        "keyframe_requests": down.keyframes_asked,
        "keyframe_requests_refused": down.keyframes_refused,
        "fraction_lost_256ths": down.fraction_lost,
        "round_trip_us": down.round_trip_us,
        "layer": describe_point(sent_point(down)),
        "freezes": down.freezes,
        "target_layer": describe_point(shown_point(down, down.target)),
        "reason": REASONS[down.reason],
    }


cdef Address pack_address(host) except *:
    """From ``(ip bytes of length 4 or 16, port, socket index)``."""
    cdef Address address
    memset(&address, 0, sizeof(Address))
    ip, port, socket_index = host
    if len(ip) not in (4, 16):
        raise ValueError("an IP address has 4 or 16 bytes")
    address.socket_index = <u8>socket_index
    address.is_ipv6 = len(ip) == 16
    address.port = <u16>port
    memcpy(address.ip, <const u8*><char*>ip, len(ip))
    return address


cdef tuple unpack_address(const Address* address):
    size = 16 if address.is_ipv6 else 4
    return (<bytes>(<const u8*>address.ip)[:size], address.port, address.socket_index)
