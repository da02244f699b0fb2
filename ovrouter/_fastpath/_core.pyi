"""Types and documentation of the extension module.

Handles are integers that name one transport or track of one core for as long as it lives; a handle whose object was
removed raises KeyError everywhere. Addresses are ``(ip bytes of length 4 or 16, port, socket index)``. Times are
microseconds of one monotonic clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from socket import socket
from types import TracebackType
from typing import Any, Final, TypeAlias

Address: TypeAlias = tuple[bytes, int, int]
Event: TypeAlias = tuple[int, int, bytes]

DTLS: Final[int]
"""A DTLS datagram from a validated address; the bytes are the datagram."""
PEER: Final[int]
"""ICE chose or changed the peer's address; the bytes are the packed address."""
CONSENT_EXPIRED: Final[int]
"""No authenticated check for 30 s (RFC 7675); nothing more is sent to the peer."""

class Core:
    """Routing of RTP between transports, sans-IO: datagrams and time in, datagrams and events out.

    Safe to call from any thread; calls take turns with the packets.
    """

    def __init__(self) -> None: ...
    def connect(self, other: Core) -> None:
        """Let the two, each on a thread of its own, send each other's subscribers what the other one's publishers send.

        Raises ValueError if they are connected already, MemoryError.
        """
    def add_transport(self, ufrag: bytes, password: bytes) -> int:
        """A transport that answers connectivity checks for *ufrag* (4 to 20 bytes) and *password* (22 to 64 bytes).

        Raises ValueError, MemoryError.
        """
    def add_tap(self, fd: int) -> int:
        """A transport that hands the packets of its down-tracks to a local consumer: plain RTP, and sender reports.

        *fd* is a connected Unix socket of type SOCK_SEQPACKET, which is duplicated. Messages it has no room for are
        dropped and counted. Raises OSError, MemoryError.
        """
    def remove_transport(self, handle: int) -> None:
        """Free the transport and its down-tracks; up-tracks bound to it stay without a source."""
    def set_keys(self, handle: int, profile: int, inbound: bytes, outbound: bytes) -> None:
        """Media may flow. *profile* is one of pylibsrtp.Policy's; a key is master key + salt. Raises ValueError."""
    def set_extensions(
        self,
        handle: int,
        *,
        mid: int = 0,
        rid: int = 0,
        repaired_rid: int = 0,
        dependency: int = 0,
        transport_cc: int = 0,
        audio_level: int = 0,
    ) -> None:
        """Ids of the header extensions to read in what comes in (0: not negotiated, RFC 8285)."""
    def set_cname(self, handle: int, cname: bytes) -> None:
        """The canonical name that our sender reports carry (RFC 3550 section 6.5.1); at most 64 bytes count."""
    def join_client(self, handle: int, client_id: bytes, *, transport_cc: int = 0) -> None:
        """The transport's peer is one of this client's: all of them share one estimate and one allocation.

        *transport_cc*: id of the transport-wide sequence number that the peer takes; without it nothing is estimated.
        """
    def set_max_bitrate(
        self, handle: int, bitrate_bps: int, *, min_bps: int = 0, audience_bps: int = 0, has_remb: bool = True
    ) -> None:
        """Cap what the peer publishes, by REMB; 0 lifts the cap.

        *audience_bps* is the cap as long as it sends one picture size, which has to suit every subscriber.
        A peer that sends one layer is asked for no more than its subscribers can take, but always for *min_bps*. One
        without transport-wide feedback is told at most what its losses say the path carries.
        """
    def send(self, handle: int, datagrams: Iterable[bytes]) -> None:
        """Send DTLS datagrams to the peer; nothing happens before ICE has found it."""
    def add_up_track(self, *, is_video: bool, clock_rate: int) -> int:
        """A track without a source yet. *clock_rate* is in Hz."""
    def bind_up_track(
        self,
        handle: int,
        transport_handle: int,
        *,
        codecs: Sequence[tuple[int, str, int]],
        ssrc: int | None = None,
        rtx_ssrc: int | None = None,
        rids: Sequence[bytes] = (),
        nack: bool = False,
        pli: bool = False,
        fir: bool = False,
    ) -> None:
        """Take the track's packets from a transport from now on; subscribers see one unbroken stream.

        *codecs* are (payload type, name, media payload type of ``rtx``); *rids* name simulcast layers, smallest first.
        """
    def remove_up_track(self, handle: int) -> None:
        """Free the track and every down-track of it."""
    def mirror_up_track(self, handle: int, other: Core) -> int:
        """The track on a connected core, for down-tracks there; to be taken away by :meth:`remove_mirror`.

        It goes on when the source is bound again. Raises KeyError, MemoryError.
        """
    def remove_mirror(self, handle: int, other: Core) -> None:
        """Free what :meth:`mirror_up_track` made there, and every down-track of it; before the track itself."""
    def attach_mirror(self, handle: int, relay: int, mirror_handle: int) -> None:
        """Our half of :meth:`mirror_up_track`; *relay* counts the connected cores."""
    def detach_mirror(self, handle: int, relay: int) -> int:
        """Our half of :meth:`remove_mirror`; the mirror's handle, 0 if there was none."""
    def attach_origin(self, handle: int, relay: int, origin_handle: int) -> None:
        """The mirror's half of :meth:`mirror_up_track`."""
    def add_down_track(
        self,
        up_track: int,
        transport_handle: int,
        *,
        ssrc: int,
        payload_types: Iterable[tuple[int, int]],
        rtx_ssrc: int | None = None,
        rtx_payload_types: Iterable[tuple[int, int]] = (),
        extensions: Iterable[tuple[int, int]] = (),
    ) -> int:
        """Send a track to a transport. All pairs are (source, subscriber); what has no pair is left out."""
    def set_down_limits(self, handle: int, *, min_bps: int = 0, max_bps: int = 0, is_screen: bool = False) -> None:
        """Bounds of what the subscriber gets of a video track, 0: none; screens are served before cameras."""
    def remove_down_track(self, handle: int) -> None: ...
    def request_keyframe(self, up_track: int) -> None:
        """Ask the publisher, at the next tick and no more often than every 500 ms."""
    def receive(self, datagrams: Iterable[tuple[bytes, Address]], now_us: int) -> None:
        """Process datagrams as if they had arrived now."""
    def receive_relayed(self, now_us: int) -> None:
        """Process what connected cores have handed over."""
    def tick(self, now_us: int) -> None:
        """Let timers act; to be called every 10 ms."""
    def take_outgoing(self) -> list[tuple[bytes, Address]]:
        """The datagrams to be sent, in order."""
    def take_events(self) -> list[Event]:
        """(kind, transport handle, bytes) of what happened."""
    def counters(self) -> dict[str, int]:
        """Totals since the start; ``dropped_*_packets`` say why packets went no further."""
    def begin_trace(self, capacity_bytes: int) -> None:
        """Note from now on all that gets in; with more than *capacity_bytes* waiting the trace ends with a mark.

        To be called before any other command. Raises MemoryError.
        """
    def take_trace(self, *, is_last: bool = False) -> bytes:
        """The records noted since the last call (``trace.pxi``), up to and with one of what went out so far.

        *is_last* ends the trace. Raises ValueError without :meth:`begin_trace`.
        """
    def peer_address(self, handle: int) -> Address | None:
        """Where ICE found the peer; None before its first authenticated check and after its consent expired."""
    def describe_transport(self, handle: int) -> dict[str, int]: ...
    def describe_up_track(self, handle: int) -> list[dict[str, int]]:
        """One dict per layer, smallest first."""
    def take_loudness(self) -> dict[int, float]:
        """By up-track, how loud its packets were since the last call: mean of 0 (silence) to 127 (RFC 6464).

        Tracks without packets, or without levels in them, are left out.
        """
    def describe_down_track(self, handle: int) -> dict[str, int | str | tuple[int, int] | None]:
        """``layer`` and ``target_layer`` are (spatial, temporal), each from 0; None: nothing is sent."""
    def describe_client(self, transport_handle: int) -> dict[str, float] | None:
        """What the way to the transport's client carries; None if it never joined one."""
    def __enter__(self) -> None:
        """Hold packets back, for several commands in one go. Not reentrant: no other method may be called inside."""
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class Replay(Core):
    """A core that runs over a trace: it gets what another one got, and counts what it would send."""

    def feed(self, kind: int, now_us: int, body: bytes | memoryview) -> None:
        """Process one record that is neither a command nor outputs. Raises ValueError."""
    def outputs(self) -> bytes:
        """Native unsigned 64-bit numbers: digest of all that went out, datagrams, events, packets to taps."""

class Worker(Core):
    """A core behind non-blocking UDP sockets; :meth:`run` is its thread."""

    event_fd: int
    """Readable when events wait."""
    def __init__(self, sockets: Sequence[socket], *, hold_us: int = 0) -> None:
        """*hold_us*: how long packets may wait for the rest of their frame where many get it; 0: not at all."""
    def run(self) -> None:
        """Serve until :meth:`stop`; returns then. Releases the GIL for good."""
    def stop(self) -> None: ...
    def close(self) -> None:
        """Give the descriptors back once :meth:`run` has returned; statistics can still be read. Safe to call twice."""

def probe_rtp(packet: bytes) -> dict[str, object] | None: ...
def probe_renumber(packet: bytes, ids: Mapping[int, int]) -> bytes | None: ...
def probe_marking(codec: str, payload: bytes) -> dict[str, Any]: ...
def probe_dependency(descriptors: Iterable[bytes]) -> dict[str, Any]: ...
def probe_counted_on(codec: str, payload: bytes, pictures: int) -> bytes: ...
def probe_keyframe(codec: str, payload: bytes) -> bool: ...
def probe_stun(packet: bytes, password: bytes) -> tuple[bytes, bool, bool] | None: ...
def probe_twcc(arrivals: Iterable[tuple[int, int]], next_sequence: int = -1) -> list[bytes]: ...
def probe_nack(sequences: Sequence[int]) -> bytes: ...
def probe_remb(bitrate_bps: int, ssrcs: Sequence[int]) -> bytes: ...
def probe_sequences(steps: Iterable[tuple[str, int]]) -> list[int]: ...
