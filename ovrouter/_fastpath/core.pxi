# The Python surface of the core: commands in, datagrams and events out. Every method passes the gate.

DEF_DROPS = (
    "empty", "too_long", "unknown_protocol", "stun_malformed", "stun_unknown_user", "stun_bad_integrity",
    "unvalidated_source", "not_ready", "srtp_auth", "srtp_replay", "rtp_malformed", "rtcp_malformed", "rtcp_untrue", "unknown_ssrc",
    "unknown_payload_type", "duplicate", "too_old", "padding", "event_queue_full", "send_queue_full", "send_failed",
    "protect_failed", "tap_full", "relay_full",
)
CODECS = {"opus": CODEC_OPUS, "VP8": CODEC_VP8, "VP9": CODEC_VP9, "H264": CODEC_H264, "AV1": CODEC_AV1, "rtx": CODEC_RTX}
REASONS = ("wanted", "bandwidth", "limit", "publisher lacks it", "waiting for keyframe", "paused")
DTLS = EVENT_DTLS
PEER = EVENT_PEER
CONSENT_EXPIRED = EVENT_CONSENT_EXPIRED


cdef class Core:
    def __cinit__(self, *args, **kwargs):
        self.state = new_state()
        self.srtp_sessions = {}
        # (weak reference to another core, owner of the relay to it, owner of the relay from it)
        self.relays = []

    def __dealloc__(self):
        if self.state != NULL:
            free_state(self.state)

    # ----------------------------------------------------------------------------------------------------- relays

    def connect(self, Core other not None):
        cdef RelayOwner there = RelayOwner.__new__(RelayOwner, other.state.wake_fd)
        cdef RelayOwner back = RelayOwner.__new__(RelayOwner, self.state.wake_fd)
        there.relay.reverse, back.relay.reverse = back.relay, there.relay
        known = other is self or any(core() is other for core, _, _ in self.relays)
        if known or max(self.state.relay_count, other.state.relay_count) == MAX_RELAYS:
            raise ValueError(f"a core is connected to at most {MAX_RELAYS} others, and once to each")
        with self:
            self.note("connect", ())
            add_relays(self.state, there.relay, back.relay)
        with other:
            other.note("connect", ())
            add_relays(other.state, back.relay, there.relay)
        self.relays.append((ref(other), there, back))
        other.relays.append((ref(self), back, there))

    # ------------------------------------------------------------------------------------------------- transports

    def add_transport(self, bytes ufrag not None, bytes password not None):
        cdef Transport* transport
        cdef u8 key[KEY_BYTES]
        if not 4 <= len(ufrag) <= KEY_BYTES or not 22 <= len(password) <= MAX_PASSWORD_BYTES:
            raise ValueError(f"an ICE ufrag has 4 to {KEY_BYTES} characters, a password 22 to {MAX_PASSWORD_BYTES}")
        transport = <Transport*>calloc(1, sizeof(Transport))
        if transport == NULL:
            raise MemoryError
        transport.tap_fd = NO_TAP
        memcpy(transport.ufrag, <const u8*><char*>ufrag, len(ufrag))
        memcpy(transport.password, <const u8*><char*>password, len(password))
        transport.password_length = <int>len(password)
        memcpy(key, transport.ufrag, KEY_BYTES)
        with self:
            self.note("add_transport", (ufrag, password))
            transport.handle = slots_add(&self.state.transports, transport)
            if transport.handle == 0 or not table_put(&self.state.by_ufrag, key, transport):
                free(transport)
                raise MemoryError("no room for another transport")
            transport.rtcp_ssrc = transport.handle
        return transport.handle

    def add_tap(self, int fd):
        cdef Transport* transport = <Transport*>calloc(1, sizeof(Transport))
        if transport == NULL:
            raise MemoryError
        transport.tap_fd = dup(fd)
        if transport.tap_fd < 0:
            free(transport)
            raise OSError(errno, "no file descriptor left for a tap")
        transport.is_ready = transport.has_peer = True
        with self:
            self.note("add_tap", ())
            transport.handle = slots_add(&self.state.transports, transport)
            if transport.handle == 0:
                free_transport(transport)
                raise MemoryError("no room for another transport")
        return transport.handle

    def remove_transport(self, u32 handle):
        cdef Transport* transport
        with self:
            self.note("remove_transport", (handle,))
            transport = self.transport(handle)
            flush_taps(self.state)
            while transport.down_count:
                remove_down(self.state, transport.downs[0])
            while transport.up_count:
                detach(transport.ups[0])
            while transport.validated_count:
                forget_source(self.state, transport, &transport.validated[0])
            table_remove(&self.state.by_ufrag, transport.ufrag)
            slots_remove(&self.state.transports, handle)
            leave_client(self.state, transport)
            free_transport(transport)
            self.srtp_sessions.pop(handle, None)

    def set_keys(self, u32 handle, int profile, bytes inbound not None, bytes outbound not None):
        cdef Transport* transport
        sessions = (new_srtp_session(profile, inbound, True), new_srtp_session(profile, outbound, False))
        with self:
            self.note("set_keys", (handle, profile, inbound, outbound))
            transport = self.transport(handle)
            transport.inbound = srtp_context(sessions[0])
            transport.outbound = srtp_context(sessions[1])
            transport.is_ready = True
            # Replaced contexts may go only now that nothing points to them.
            self.srtp_sessions[handle] = sessions

    def set_extensions(
        self, u32 handle, *, int mid=0, int rid=0, int repaired_rid=0, int dependency=0, int transport_cc=0, int audio_level=0,
    ):
        cdef Transport* transport
        with self:
            self.note("set_extensions", (handle,), dict(
                mid=mid, rid=rid, repaired_rid=repaired_rid, dependency=dependency, transport_cc=transport_cc,
                audio_level=audio_level,
            ))
            transport = self.transport(handle)
            transport.mid_extension = <u8>mid
            transport.rid_extension = <u8>rid
            transport.repaired_rid_extension = <u8>repaired_rid
            transport.dependency_extension = <u8>dependency
            transport.twcc_extension = <u8>transport_cc
            transport.level_extension = <u8>audio_level
            if transport_cc and transport.twcc == NULL:
                transport.twcc = <TwccReceiver*>calloc(1, sizeof(TwccReceiver))
                if transport.twcc == NULL:
                    raise MemoryError

    def join_client(self, u32 handle, bytes client_id not None, *, int transport_cc=0):
        cdef Transport* transport
        cdef SendHistory* history = NULL
        cdef u64 key = fnv64(client_id, <int>len(client_id))
        if transport_cc:
            history = new_history(<u8>transport_cc)
        with self:
            self.note("join_client", (handle, client_id), dict(transport_cc=transport_cc))
            transport = <Transport*>slots_get(&self.state.transports, handle)
            if transport == NULL:
                free(history)
                raise KeyError(f"transport {handle} is gone")
            leave_client(self.state, transport)
            try:
                enter_client(self.state, transport, key)
            except MemoryError:
                free(history)
                raise
            if history != NULL:
                transport.history = history
                if transport.client.bandwidth.estimate_bps == 0:
                    transport.client.bandwidth.estimate_bps = BANDWIDTH_START_BPS

    def set_cname(self, u32 handle, bytes cname not None):
        cdef Transport* transport
        with self:
            self.note("set_cname", (handle, cname))
            transport = self.transport(handle)
            transport.cname_length = <int>min(len(cname), MAX_CNAME_BYTES)
            memcpy(transport.cname, <const u8*><char*>cname, transport.cname_length)

    def set_max_bitrate(self, u32 handle, u64 bitrate_bps, *, u64 min_bps=0, u64 audience_bps=0, bint has_remb=True):
        cdef Transport* transport
        with self:
            options = dict(min_bps=min_bps, audience_bps=audience_bps, has_remb=has_remb)
            self.note("set_max_bitrate", (handle, bitrate_bps), options)
            transport = self.transport(handle)
            transport.max_bitrate_bps = bitrate_bps
            transport.min_bitrate_bps = min_bps
            transport.audience_max_bps = audience_bps
            transport.has_remb = has_remb
            # Tell the publisher with the next tick, not in up to a second.
            transport.reported_us = 0

    def send(self, u32 handle, datagrams):
        cdef Transport* transport
        cdef u8* out
        datagrams = list(datagrams)
        with self:
            self.note("send", (handle, datagrams))
            transport = self.transport(handle)
            for datagram in datagrams:
                if transport.has_peer and len(datagram) <= MAX_DATAGRAM_BYTES:
                    out = send_reserve(self.state, <int>len(datagram))
                    if out != NULL:
                        memcpy(out, <const u8*><char*>datagram, len(datagram))
                        send_commit(self.state, &transport.peer, <int>len(datagram))
            if self.state.flush != NULL:
                self.state.flush(self.state.shell)

    # ----------------------------------------------------------------------------------------------------- tracks

    def add_up_track(self, *, bint is_video, u32 clock_rate):
        cdef UpTrack* track
        if not 1000 <= clock_rate <= 192000:
            raise ValueError("clock_rate is in Hz, 1000 to 192000")
        track = <UpTrack*>calloc(1, sizeof(UpTrack))
        if track == NULL:
            raise MemoryError
        track.is_video = is_video
        track.clock_rate = clock_rate
        track.batch_first = track.batch_last = -1
        with self:
            self.note("add_up_track", (), dict(is_video=is_video, clock_rate=clock_rate))
            track.handle = slots_add(&self.state.up_tracks, track)
            if track.handle == 0:
                free(track)
                raise MemoryError("no room for another track")
        return track.handle

    def bind_up_track(
        self, u32 handle, u32 transport_handle, *, codecs, ssrc=None, rtx_ssrc=None, rids=(),
        bint nack=False, bint pli=False, bint fir=False,
    ):
        cdef UpTrack* track
        cdef Transport* transport
        cdef int index
        if len(rids) > MAX_LAYERS or any(not 0 < len(rid) <= MAX_RID_BYTES for rid in rids):
            raise ValueError(f"at most {MAX_LAYERS} rids of at most {MAX_RID_BYTES} bytes")
        options = dict(codecs=list(codecs), ssrc=ssrc, rtx_ssrc=rtx_ssrc, rids=list(rids), nack=nack, pli=pli, fir=fir)
        checked = [(int(pt) & 0x7F, CODECS[name], int(media_type or 0) & 0x7F) for pt, name, media_type in codecs]
        with self:
            self.note("bind_up_track", (handle, transport_handle), options)
            track = self.up_track(handle)
            transport = self.transport(transport_handle)
            if transport.up_count == MAX_TRACKS:
                raise ValueError(f"a transport carries at most {MAX_TRACKS} tracks each way")
            detach(track)
            reset_layers(track, max(1, <int>len(rids)))
            for index in range(len(rids)):
                rid = bytes(rids[index])
                memcpy(track.layers[index].rid, <const u8*><char*>rid, len(rid))
                track.layers[index].rid_length = <int>len(rid)
            memset(track.codec, CODEC_NONE, 128)
            memset(track.media_type_of_rtx, NO_PAYLOAD_TYPE, 128)
            for pt, codec, media_type in checked:
                track.codec[<int>pt] = <u8>codec
                if codec == CODEC_RTX:
                    track.media_type_of_rtx[<int>pt] = <u8>media_type
            track.twcc_extension = transport.twcc_extension
            track.dependency_extension = transport.dependency_extension
            track.has_nack, track.has_pli, track.has_fir = nack, pli, fir
            attach(track, transport)
            if ssrc is not None:
                track.layers[0].ssrc = ssrc
                add_ssrc(transport, ssrc, track, 0, False)
            if rtx_ssrc is not None:
                track.layers[0].rtx_ssrc = rtx_ssrc
                add_ssrc(transport, rtx_ssrc, track, 0, True)

    def remove_up_track(self, u32 handle):
        cdef UpTrack* track
        with self:
            self.note("remove_up_track", (handle,))
            track = self.up_track(handle)
            while track.down_count:
                remove_down(self.state, track.downs[0])
            detach(track)
            slots_remove(&self.state.up_tracks, handle)
            free_up_track(track)

    def mirror_up_track(self, u32 handle, Core other not None):
        relay = self.relay_to(other)
        mirror_handle = other.add_up_track(**self.kind_of(handle))
        other.attach_origin(mirror_handle, other.relay_to(self), handle)
        try:
            self.attach_mirror(handle, relay, mirror_handle)
        except BaseException:
            other.remove_up_track(mirror_handle)
            raise
        return mirror_handle

    def remove_mirror(self, u32 handle, Core other not None):
        mirror_handle = self.detach_mirror(handle, self.relay_to(other))
        if mirror_handle:
            other.remove_up_track(mirror_handle)

    def attach_mirror(self, u32 handle, int relay, u32 mirror_handle):
        with self:
            self.note("attach_mirror", (handle, relay, mirror_handle))
            add_mirror(self.up_track(handle), self.relay_out(relay), mirror_handle)

    def detach_mirror(self, u32 handle, int relay):
        with self:
            self.note("detach_mirror", (handle, relay))
            return drop_mirror(self.up_track(handle), self.relay_out(relay))

    def attach_origin(self, u32 handle, int relay, u32 origin_handle):
        with self:
            self.note("attach_origin", (handle, relay, origin_handle))
            set_origin(self.up_track(handle), self.relay_out(relay), origin_handle)

    def add_down_track(
        self, u32 up_track, u32 transport_handle, *, u32 ssrc, payload_types, rtx_ssrc=None, rtx_payload_types=(), extensions=(),
    ):
        cdef DownTrack* down
        cdef UpTrack* track
        cdef Transport* transport
        options = dict(
            ssrc=ssrc, payload_types=list(payload_types), rtx_ssrc=rtx_ssrc, rtx_payload_types=list(rtx_payload_types),
            extensions=list(extensions),
        )
        down = new_down_track(ssrc, options["rtx_ssrc"] or 0)
        for source, target in options["payload_types"]:
            down.payload_type[<int>source & 0x7F] = <u8>(target & 0x7F)
        for source, target in options["rtx_payload_types"]:
            down.rtx_payload_type[<int>source & 0x7F] = down.padding_payload_type = <u8>(target & 0x7F)
        for source, target in options["extensions"]:
            down.extension_id[<int>source & 0x0F] = <u8>(target & 0x0F)
        try:
            with self:
                self.note("add_down_track", (up_track, transport_handle), options)
                track = self.up_track(up_track)
                transport = self.transport(transport_handle)
                if transport.down_count == MAX_TRACKS:
                    raise ValueError(f"a transport carries at most {MAX_TRACKS} tracks each way")
                subscribe(self.state, down, track, transport)
        except BaseException:
            if down.handle == 0:
                free(down)
            raise
        return down.handle

    def set_down_limits(self, u32 handle, *, u64 min_bps=0, u64 max_bps=0, bint is_screen=False):
        cdef DownTrack* down
        with self:
            self.note("set_down_limits", (handle,), dict(min_bps=min_bps, max_bps=max_bps, is_screen=is_screen))
            down = self.down_track(handle)
            down.min_bps, down.max_bps, down.is_screen = min_bps, max_bps, is_screen

    def remove_down_track(self, u32 handle):
        with self:
            self.note("remove_down_track", (handle,))
            remove_down(self.state, self.down_track(handle))

    def request_keyframe(self, u32 up_track):
        cdef UpTrack* track
        cdef int layer
        with self:
            self.note("request_keyframe", (up_track,))
            track = self.up_track(up_track)
            for layer in range(track.layer_count):
                want_keyframe(track, layer)

    # ------------------------------------------------------------------------------------------- sans-IO drive

    def receive(self, datagrams, i64 now_us):
        cdef u8 data[MAX_DATAGRAM_BYTES + SRTP_MAX_TRAILER_BYTES]
        cdef Address source
        cdef int length
        with self:
            for datagram, host in datagrams:
                source = pack_address(host)
                length = <int>len(datagram)
                memcpy(data, <const u8*><char*>datagram, min(length, MAX_DATAGRAM_BYTES))
                on_datagram(self.state, data, length, &source, now_us)
                # Audio in the batch points into `data`.
                forward_batch(self.state, now_us)

    def receive_relayed(self, i64 now_us):
        with self:
            while read_relays(self.state, now_us):
                pass

    def tick(self, i64 now_us):
        with self:
            tick(self.state, now_us)

    def take_outgoing(self):
        cdef SendQueue* queue = &self.state.sending
        cdef Message* message
        cdef int index
        cdef u32 offset
        out = []
        with self:
            self.note("take_outgoing", ())
            for index in range(queue.count):
                message = &queue.messages[index]
                target = unpack_address(&message.to)
                for offset in range(0, message.length, message.segment_bytes):
                    size = min(message.segment_bytes, message.length - offset)
                    out.append((<bytes>queue.arena[message.offset + offset : message.offset + offset + size], target))
            send_clear(queue)
        return out

    def take_events(self):
        cdef EventQueue* queue = &self.state.events
        cdef u32 head[3]
        cdef u32 offset = 0
        out = []
        with self:
            self.note("take_events", ())
            while offset < queue.used:
                memcpy(head, queue.bytes + offset, 12)
                offset += 12
                out.append((head[0], head[1], <bytes>queue.bytes[offset : offset + head[2]]))
                offset += head[2]
            queue.used = 0
            queue.count = 0
        return out

    # ------------------------------------------------------------------------------------------------------- trace

    def begin_trace(self, size_t capacity_bytes):
        cdef Trace* trace = new_trace(capacity_bytes)
        with self:
            free_trace(self.state.trace)
            self.state.trace = trace

    def take_trace(self, *, bint is_last=False):
        cdef Trace* trace
        if self.state.trace == NULL:
            raise ValueError("no trace was begun")
        with self:
            trace = self.state.trace
            if is_last:
                end_trace(trace, TRACE_END)
            elif trace.used:
                note_outputs(trace, TRACE_CHECK)
            records = <bytes>trace.bytes[: trace.used]
            trace.used = 0
        return records

    # ------------------------------------------------------------------------------------------------- statistics

    def counters(self):
        cdef int index
        with self:
            counts = {f"dropped_{DEF_DROPS[index]}_packets": self.state.drops[index] for index in range(DROP_COUNT)}
            counts["forwarded_packets"] = self.state.forwarded_packets
            counts["received_packets"] = self.state.received_packets
            counts["transports"] = self.state.transports.count
            counts["up_tracks"] = self.state.up_tracks.count
            counts["down_tracks"] = self.state.down_tracks.count
            counts["validated_addresses"] = self.state.by_address.count
        return counts

    def peer_address(self, u32 handle):
        cdef Transport* transport
        with self:
            transport = self.transport(handle)
            return unpack_address(&transport.peer) if transport.has_peer else None

    def describe_transport(self, u32 handle):
        cdef Transport* transport
        with self:
            transport = self.transport(handle)
            return {
                "received_packets": transport.received_packets,
                "received_bytes": transport.received_bytes,
                "sent_packets": transport.sent_packets,
                "sent_bytes": transport.sent_bytes,
                **({"dropped_packets": transport.tap_drops} if is_tap(transport) else {}),
            }

    def describe_up_track(self, u32 handle):
        cdef UpTrack* track
        cdef int index
        with self:
            track = self.up_track(handle)
            return [describe_layer(&track.layers[index], track.clock_rate) for index in range(track.layer_count)]

    def take_loudness(self):
        cdef UpTrack* track
        cdef u32 slot
        found = {}
        with self:
            for slot in range(self.state.up_tracks.capacity):
                track = <UpTrack*>self.state.up_tracks.items[slot]
                if track != NULL and track.loudness_packets:
                    found[track.handle] = track.loudness / <double>track.loudness_packets
                    track.loudness = track.loudness_packets = 0
        return found

    def describe_down_track(self, u32 handle):
        with self:
            return describe_down(self.down_track(handle))

    def describe_client(self, u32 transport_handle):
        cdef Client* client
        with self:
            client = self.transport(transport_handle).client
            return None if client == NULL else describe_bandwidth(&client.bandwidth)

    # ------------------------------------------------------------------------------------------------------ inside

    def __enter__(self):
        with nogil:
            gate_enter(&self.state.gate)
            # A command may remove what a held batch points to.
            forward_batch(self.state, self.state.batched_us)

    def __exit__(self, *exc):
        gate_leave(&self.state.gate)

    cdef dict kind_of(self, u32 up_track):
        cdef UpTrack* track
        with self:
            track = self.up_track(up_track)
            return {"is_video": track.is_video, "clock_rate": track.clock_rate}

    cdef int relay_to(self, Core other) except -1:
        """Which of our relays leads to *other*."""
        for index, (core, _, _) in enumerate(self.relays):
            if core() is other:
                return index
        raise KeyError("the two cores are not connected")

    cdef Relay* relay_out(self, int index) except NULL:
        if not 0 <= index < self.state.relay_count:
            raise KeyError(f"relay {index} is unknown")
        return self.state.relays_out[index]

    cdef int note(self, str name, tuple arguments, dict options=None) except -1:
        """A command, for the trace; to be called when the gate is passed, as its place among the packets matters."""
        if self.state.trace != NULL and not self.state.trace.has_ended:
            text = repr((name, arguments, options or {})).encode()
            note(self.state.trace, TRACE_COMMAND, 0, <const u8*><char*>text, len(text), NULL, 0)
        return 0

    cdef Transport* transport(self, u32 handle) except NULL:
        cdef Transport* transport = <Transport*>slots_get(&self.state.transports, handle)
        if transport == NULL:
            raise KeyError(f"transport {handle} is gone")
        return transport

    cdef UpTrack* up_track(self, u32 handle) except NULL:
        cdef UpTrack* track = <UpTrack*>slots_get(&self.state.up_tracks, handle)
        if track == NULL:
            raise KeyError(f"up-track {handle} is gone")
        return track

    cdef DownTrack* down_track(self, u32 handle) except NULL:
        cdef DownTrack* down = <DownTrack*>slots_get(&self.state.down_tracks, handle)
        if down == NULL:
            raise KeyError(f"down-track {handle} is gone")
        return down
