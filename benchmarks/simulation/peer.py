"""What the clients of a simulated core have in common: keys, connectivity checks, how media is numbered (cold)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

import pylibsrtp

from benchmarks.ice import IceAgent
from ovrouter._fastpath import Core

__all__ = ["HEADER_BYTES", "RTX", "TRANSPORT_CC", "VIDEO", "Peer", "is_rtcp"]

PASSWORD: Final = "p" * 24
PROFILE: Final = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
VIDEO, RTX = 96, 97
TRANSPORT_CC: Final = 5
"""Id of the header extension, to and from."""
HEADER_BYTES: Final = 20
"""An RTP header with this one extension."""
REPLAY_WINDOW: Final = 1024


@dataclass
class Peer:
    """One transport of the core, whose keys both know already."""

    core: Core
    number: int

    def __post_init__(self) -> None:
        self.ufrag = f"user{self.number:04}"
        self.address = (bytes([10, 0, self.number >> 8, self.number & 0xFF]), 5000, 0)
        self.handle = self.core.add_transport(self.ufrag.encode(), PASSWORD.encode())
        keys = os.urandom(28), os.urandom(28)
        self.outbound = _session(keys[0], pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self.inbound = _session(keys[1], pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self.core.set_keys(self.handle, PROFILE, *keys)
        self.refused = 0

    def binding_request(self) -> bytes:
        """A connectivity check."""
        agent = IceAgent("peer", PASSWORD)
        agent.set_remote(self.ufrag, PASSWORD)
        return agent.binding_request()

    def unprotect(self, data: bytes) -> bytes | None:
        """The packet, RTP or RTCP; None for a duplicate, which is counted."""
        try:
            return self.inbound.unprotect_rtcp(data) if is_rtcp(data) else self.inbound.unprotect(data)
        except pylibsrtp.Error:
            self.refused += 1
            return None


def is_rtcp(data: bytes) -> bool:
    """RFC 5761 section 4."""
    return data[0] >= 128 and 192 <= data[1] <= 223


def _session(key: bytes, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=PROFILE)
    policy.allow_repeat_tx = True
    policy.window_size = REPLAY_WINDOW
    return pylibsrtp.Session(policy=policy)
