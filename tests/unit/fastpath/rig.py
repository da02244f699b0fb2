"""A core and the peers around it, in virtual time: STUN by aioice, SRTP by pylibsrtp, RTP and RTCP by aiortc."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pylibsrtp
from aioice import stun
from aiortc.rtp import RTCP_HEADER_LENGTH, HeaderExtensionsMap, RtcpPacket, RtpPacket, is_rtcp

from ovrouter._fastpath import Core

MS = 1_000
SECOND = 1_000_000
PASSWORD = b"p" * 24
GCM = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
AUDIO, VIDEO, VIDEO_RTX = 111, 96, 97
VP8_KEYFRAME = b"\x10\x00" + b"k" * 100
VP8_DELTA = b"\x10\x01" + b"d" * 100

__all__ = [
    "AUDIO",
    "MS",
    "RTCP_HEADER_LENGTH",
    "SECOND",
    "VIDEO",
    "VIDEO_RTX",
    "VP8_DELTA",
    "VP8_KEYFRAME",
    "Peer",
    "Rig",
    "packet",
    "renumbered",
]


def packet(
    sequence: int, *, ssrc: int, payload: bytes = VP8_DELTA, pt: int = VIDEO, timestamp: int = 0, marker: int = 0
) -> RtpPacket:
    """An RTP packet with *payload*; numbers may exceed their width."""
    made = RtpPacket(
        payload_type=pt, marker=marker, sequence_number=sequence & 0xFFFF, timestamp=timestamp & 0xFFFFFFFF, ssrc=ssrc
    )
    made.payload = payload
    return made


def renumbered(numbers: Sequence[int]) -> list[int]:
    """What a subscriber gets for a publisher's numbers, as long as nothing is left out: it begins below 2^15."""
    return [(number - (numbers[0] & 0x8000)) & 0xFFFF for number in numbers]


@dataclass
class Rig:
    """A core with its clock."""

    core: Core = field(default_factory=Core)
    now_us: int = 50 * SECOND
    peers: list[Peer] = field(default_factory=list)

    def peer(self, *, connected: bool = True) -> Peer:
        """A new peer; *connected*: its check was answered and its keys are set."""
        peer = Peer(self, len(self.peers))
        self.peers.append(peer)
        if connected:
            peer.check()
            peer.set_keys()
        return peer

    def deliver(self) -> None:
        """Hand the core's datagrams to their peers."""
        for data, address in self.core.take_outgoing():
            for peer in self.peers:
                if peer.address == address:
                    peer.on_datagram(data)

    def receive(self, *datagrams: tuple[bytes, Any]) -> None:
        self.core.receive(datagrams, self.now_us)
        self.deliver()

    def run(self, duration_us: int) -> None:
        """Let time pass in ticks of 10 ms."""
        end_us = self.now_us + duration_us
        while self.now_us < end_us:
            self.now_us += 10 * MS
            self.core.tick(self.now_us)
            self.deliver()


class Peer:
    """One client of the core."""

    def __init__(self, rig: Rig, number: int) -> None:
        self.rig = rig
        self.ufrag = f"ufrag{number:04}".encode()
        self.address = (bytes([10, 0, 0, number + 1]), 5000 + number, 0)
        self.handle = rig.core.add_transport(self.ufrag, PASSWORD)
        self.stun: list[bytes] = []
        self.rtp: list[RtpPacket] = []
        self.rtcp: list[Any] = []
        self.datagrams: list[bytes] = []
        self._keys = os.urandom(28), os.urandom(28)
        self._out = self._session(self._keys[0], pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._in = self._session(self._keys[1], pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self.extensions = HeaderExtensionsMap()

    @staticmethod
    def _session(key: bytes, direction: int) -> pylibsrtp.Session:
        policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=GCM)
        policy.allow_repeat_tx = True
        policy.window_size = 1024
        return pylibsrtp.Session(policy=policy)

    # ---------------------------------------------------------------------------------------------- connection

    def request(self, *, password: bytes = PASSWORD, username: bytes | None = None, nominate: bool = True) -> bytes:
        """A Binding request as browsers send it."""
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = (username or self.ufrag + b":theirs").decode()
        message.attributes["PRIORITY"] = 1234
        message.attributes["ICE-CONTROLLING"] = 99
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(password)
        return bytes(message)

    def check(self, **options: Any) -> None:
        self.rig.receive((self.request(**options), self.address))

    def set_keys(self) -> None:
        self.rig.core.set_keys(self.handle, GCM, *self._keys)

    # ---------------------------------------------------------------------------------------------- what it sends

    def send(self, *packets: RtpPacket) -> None:
        """Protect and send, all in one batch."""
        self.rig.receive(*((self.protect(packet), self.address) for packet in packets))

    def protect(self, packet: RtpPacket) -> bytes:
        return self._out.protect(packet.serialize(self.extensions))

    def send_rtcp(self, *messages: Any) -> None:
        self.send_raw_rtcp(b"".join(bytes(message) for message in messages))

    def send_raw_rtcp(self, data: bytes) -> None:
        self.rig.receive((self._out.protect_rtcp(data), self.address))

    # ------------------------------------------------------------------------------------------- what it receives

    def on_datagram(self, data: bytes) -> None:
        self.datagrams.append(data)
        if data[0] < 4:
            self.stun.append(data)
        elif is_rtcp(data):
            self.rtcp += RtcpPacket.parse(self._in.unprotect_rtcp(data))
        else:
            self.rtp.append(RtpPacket.parse(self._in.unprotect(data), self.extensions))

    def received(self, kind: type) -> list[Any]:
        """RTCP messages of one kind, oldest first."""
        return [message for message in self.rtcp if isinstance(message, kind)]

    # ------------------------------------------------------------------------------------------------------ tracks

    def publish_video(
        self,
        *,
        ssrc: int | None = 0x1000,
        rtx_ssrc: int | None = 0x1001,
        rids: Sequence[bytes] = (),
        codec: str = "VP8",
    ) -> int:
        track = self.rig.core.add_up_track(is_video=True, clock_rate=90000)
        self.bind_video(track, ssrc=ssrc, rtx_ssrc=rtx_ssrc, rids=rids, codec=codec)
        return track

    def bind_video(
        self,
        track: int,
        *,
        ssrc: int | None = 0x1000,
        rtx_ssrc: int | None = 0x1001,
        rids: Sequence[bytes] = (),
        codec: str = "VP8",
    ) -> None:
        self.rig.core.bind_up_track(
            track, self.handle, codecs=[(VIDEO, codec, 0), (VIDEO_RTX, "rtx", VIDEO)],
            ssrc=ssrc, rtx_ssrc=rtx_ssrc, rids=rids, nack=True, pli=True,
        )  # fmt: skip

    def publish_audio(self, *, ssrc: int = 0x2000) -> int:
        track = self.rig.core.add_up_track(is_video=False, clock_rate=48000)
        self.rig.core.bind_up_track(track, self.handle, codecs=[(AUDIO, "opus", 0)], ssrc=ssrc)
        return track

    def subscribe(
        self, track: int, *, ssrc: int = 0x5000, pt: int = VIDEO, source_pt: int = VIDEO, **options: Any
    ) -> int:
        return self.rig.core.add_down_track(track, self.handle, ssrc=ssrc, payload_types=[(source_pt, pt)], **options)
