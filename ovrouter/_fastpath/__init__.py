"""The packet path (hot): everything that happens at packet or feedback rate, outside the interpreter.

:class:`Core` is sans-IO: it takes datagrams and a time, and yields datagrams and events; tests, fuzzers and simulations
drive it directly. :class:`Worker` is the same core behind UDP sockets in a thread of its own.
"""

from ovrouter._fastpath._core import CONSENT_EXPIRED, DTLS, PEER, Core, Replay, Worker

__all__ = ["CONSENT_EXPIRED", "DTLS", "PEER", "Core", "Replay", "Worker"]
