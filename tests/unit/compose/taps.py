"""A media node whose taps play recorded frames, as RTP over the sockets of real taps."""

import contextlib
import itertools
import json
import math
import socket
import struct
import time
from dataclasses import replace

import trio

from ovrouter.testing.fake_media_node import FakeMediaNode

FORMATS = {
    "opus": ("audio", 1, 111, 48_000),
    "VP8": ("video", 2, 96, 90_000),
}
CHUNK_BYTES = 1100


class PlayingMediaNode(FakeMediaNode):
    """Every tap of an uplink in :attr:`streams` gets its frames at the pace of their times, again and again."""

    def __init__(self, nursery):
        super().__init__()
        self.streams = {}
        self._nursery = nursery
        self._scopes = {}
        self._requests, self._next_request = trio.open_memory_channel(100)

    async def open_tap(self, command):
        await super().open_tap(command)
        scope = self._scopes[command.tap_id] = trio.CancelScope()
        frames = [frame for frame in self.streams[command.uplink_id] if FORMATS[frame.codec][0] in command.kinds]
        self._nursery.start_soon(_play, command, frames, scope)

    async def close_tap(self, tap_id):
        await super().close_tap(tap_id)
        if tap_id in self._scopes:
            self._scopes.pop(tap_id).cancel()

    async def request_keyframe(self, uplink_id):
        await super().request_keyframe(uplink_id)
        self._requests.send_nowait(uplink_id)

    async def next_keyframe_request(self):
        return await self._next_request.receive()


async def _play(command, frames, scope):
    with scope, contextlib.suppress(ConnectionError), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
        raw.connect(command.path)
        sock = trio.socket.from_stdlib_socket(raw)
        await sock.send(_description(command))
        begin_us = time.time_ns() // 1000
        for kind_ssrc in (1, 2):
            await sock.send(_sender_report(kind_ssrc, begin_us))
        sequences = {"opus": 0, "VP8": 0}
        began = trio.current_time()
        for frame in _again_and_again(frames):
            await trio.sleep_until(began + frame.pts_us / 1e6)
            for packet in _packets(frame, sequences):
                await sock.send(packet)


def _again_and_again(frames):
    """*frames*, which last a whole number of seconds, without end."""
    frames = sorted(frames, key=lambda frame: frame.pts_us)
    period_us = math.ceil(frames[-1].pts_us / 1e6) * 1_000_000
    for round_ in itertools.count():
        for frame in frames:
            yield replace(frame, pts_us=frame.pts_us + round_ * period_us)


def _description(command):
    tracks = [
        {
            "kind": kind,
            "ssrc": ssrc,
            "formats": [{"payload_type": pt, "codec": codec, "clock_rate": rate, "channels": 2, "fmtp": ""}],
        }
        for codec, (kind, ssrc, pt, rate) in FORMATS.items()
        if kind in command.kinds
    ]
    return json.dumps({"tap_id": command.tap_id, "tracks": tracks}).encode()


def _sender_report(ssrc, begin_us):
    """Time stamp 0 was now (RFC 3550 section 6.4.1)."""
    seconds, rest_us = divmod(begin_us, 1_000_000)
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, seconds + 2_208_988_800, (rest_us << 32) // 1_000_000, 0, 0, 0)


def _packets(frame, sequences):
    _, ssrc, payload_type, rate = FORMATS[frame.codec]
    timestamp = frame.pts_us * rate // 1_000_000
    chunks = [frame.data[at : at + CHUNK_BYTES] for at in range(0, len(frame.data), CHUNK_BYTES)]
    for index, chunk in enumerate(chunks):
        is_last = index == len(chunks) - 1
        # RFC 7741 section 4.2: S bit on the first packet of a frame.
        descriptor = b"" if frame.codec == "opus" else (b"\x10" if index == 0 else b"\x00")
        header = struct.pack(
            "!BBHII", 0x80, payload_type | (0x80 if is_last else 0), sequences[frame.codec] & 0xFFFF, timestamp, ssrc
        )
        sequences[frame.codec] += 1
        yield header + descriptor + chunk
