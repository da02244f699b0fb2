"""DTLS-SRTP with one peer: datagrams and time in, datagrams and SRTP keys out (cold; RFC 5764, RFC 8827).

OpenSSL does the protocol over memory BIOs. This driver adds what those lack: datagram borders, a check of record
headers (a memory BIO would let one bad record swallow the good one after it), quick repetition of lost flights, the
fingerprint and a deadline. Nothing that a peer sends makes it raise.

With the keys exported OpenSSL is let go of: its state of one connection takes 90 KiB, twice what the link needs
besides, and serves only to hear a goodbye, which signaling or missing consent tell as well. Our last flight is kept.

The verbs: :meth:`~DtlsConnection.start`, then :meth:`~DtlsConnection.receive_datagram` and
:meth:`~DtlsConnection.handle_timer`, each followed by :meth:`~DtlsConnection.datagrams_to_send`.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass, field
from typing import Final

from OpenSSL import SSL

from ovrouter.rtc.certificate import Certificate, fingerprint_matches
from ovrouter.rtc.dtls_records import carries_handshake, into_datagrams, is_well_formed

__all__ = ["SRTP_PROFILES", "DtlsConnection", "DtlsFailure", "DtlsState", "SrtpKeys"]

HANDSHAKE_TIMEOUT_S: Final = 30.0
"""As long as ICE consent lasts (RFC 7675): later the peer has to begin anew anyway."""
FIRST_RESEND_S: Final = 0.25
"""Well above the round trip of most links; OpenSSL alone would wait for a second."""
MAX_RESEND_S: Final = 2.0
"""Up to which the wait doubles."""
MIN_RESEND_S: Final = 0.03
"""Between repetitions that the peer provokes: Chromium repeats its ClientHello after 50 ms, in two datagrams."""
REPEAT_FOR_S: Final = 30.0
"""After the handshake: a peer that has not got our last flight by then has given up."""
MTU_BYTES: Final = 1200
"""What browsers expect every path to carry."""

_MAX_FLIGHT_BYTES: Final = 2**16
_KEY_BYTES: Final = 16
_SALT_BYTES: Final = {"SRTP_AEAD_AES_128_GCM": 12, "SRTP_AES128_CM_SHA1_80": 14}
SRTP_PROFILES: Final = tuple(_SALT_BYTES)
"""By the names of OpenSSL, in the order of our preference: GCM costs half."""


class DtlsState(enum.Enum):
    """Where the association stands."""

    HANDSHAKING = enum.auto()
    CONNECTED = enum.auto()
    FAILED = enum.auto()


class DtlsFailure(enum.Enum):
    """Why a handshake failed; the values are for people."""

    TIMEOUT = "no handshake within the deadline"
    FINGERPRINT = "the peer's certificate is not the one its SDP announced"
    SRTP_PROFILE = "the peer has none of our SRTP profiles"
    PROTOCOL = "the peer broke the protocol or gave up"


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master keys and salts of both directions (RFC 5764, section 4.2)."""

    profile: str
    """``SRTP_AEAD_AES_128_GCM`` or ``SRTP_AES128_CM_SHA1_80``."""
    local_key: bytes = field(repr=False)
    local_salt: bytes = field(repr=False)
    remote_key: bytes = field(repr=False)
    remote_salt: bytes = field(repr=False)


class DtlsConnection:
    """One end of a DTLS association.

    *remote_fingerprint* and *fingerprint_algorithm* are those of the peer's SDP; a peer with another certificate ends
    in FAILED and no key is ever derived. *srtp_profiles* are those to offer or accept, best first. Times are seconds of
    any one monotonic clock.
    """

    def __init__(
        self,
        certificate: Certificate,
        *,
        is_server: bool,
        remote_fingerprint: str,
        fingerprint_algorithm: str = "sha-256",
        srtp_profiles: tuple[str, ...] = SRTP_PROFILES,
    ) -> None:
        self._is_server = is_server
        self._remote_fingerprint = remote_fingerprint
        self._fingerprint_algorithm = fingerprint_algorithm
        self._ssl = _new_connection(_context(certificate, srtp_profiles), is_server=is_server)
        """Gone once connected."""
        self._outbox: list[bytes] = []
        self._last_flight: list[bytes] = []
        self._last_sent_s = 0.0
        self._deadline_s: float | None = None
        """For the handshake, then for repeating our last flight."""
        self._resend_at_s: float | None = None
        self._resend_wait_s = FIRST_RESEND_S

        self.state = DtlsState.HANDSHAKING
        self.failure: DtlsFailure | None = None
        """Set in FAILED."""
        self.keys: SrtpKeys | None = None
        """Set in CONNECTED."""

    def start(self, now_s: float) -> None:
        """Begin: the deadline runs, and a client has its ClientHello to send."""
        self._deadline_s = now_s + HANDSHAKE_TIMEOUT_S
        if not self._is_server:
            self._advance(now_s)

    @property
    def is_done(self) -> bool:
        """Tell whether nothing the peer says matters any more."""
        return self.state is DtlsState.FAILED or (self.state is DtlsState.CONNECTED and self._deadline_s is None)

    def receive_datagram(self, data: bytes, now_s: float) -> None:
        """Take one datagram from the peer, whatever it holds; keep calling until :attr:`is_done`: flights get lost."""
        if self.is_done or not is_well_formed(data):
            return
        has_new_flight = self.state is DtlsState.HANDSHAKING and self._take(data, now_s)
        if not has_new_flight and carries_handshake(data) and self._may_repeat(now_s):
            self._send_flight(now_s)

    def _take(self, data: bytes, now_s: float) -> bool:
        self._ssl.bio_write(data)
        return self._advance(now_s)

    def datagrams_to_send(self) -> list[bytes]:
        """Return, once, what has to go out now, in order; each at most MTU_BYTES long."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def get_timer(self) -> float | None:
        """Return when to call :meth:`handle_timer`, on the clock of ``now_s``; None: never, as things stand."""
        if self.state is not DtlsState.HANDSHAKING:
            return None if self.is_done else self._deadline_s
        return min((time_s for time_s in (self._deadline_s, self._resend_at_s) if time_s is not None), default=None)

    def handle_timer(self, now_s: float) -> None:
        """Do what is due at *now_s*: give up, repeat our last flight, or be done. Early calls are fine."""
        is_over = self._deadline_s is not None and now_s >= self._deadline_s
        if self.state is DtlsState.CONNECTED and is_over:
            self._deadline_s, self._last_flight = None, []
        elif self.state is DtlsState.HANDSHAKING and is_over:
            self._fail(DtlsFailure.TIMEOUT)
        elif self.state is DtlsState.HANDSHAKING and self._resend_at_s is not None and now_s >= self._resend_at_s:
            self._resend_wait_s = min(self._resend_wait_s * 2, MAX_RESEND_S)
            self._refresh_flight()
            self._send_flight(now_s)

    def _advance(self, now_s: float) -> bool:
        """Let OpenSSL work on its input; True if that gave us something to send."""
        try:
            self._ssl.do_handshake()
            self._complete(now_s)
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self._fail(DtlsFailure.PROTOCOL)
        has_flight = self._take_flight()
        if self.state is DtlsState.CONNECTED:
            del self._ssl
        if not has_flight:
            return False
        self._resend_wait_s = FIRST_RESEND_S
        self._send_flight(now_s)
        return True

    def _complete(self, now_s: float) -> None:
        if not self._peer_is_as_announced():
            self._fail(DtlsFailure.FINGERPRINT)
            return
        profile = self._ssl.get_selected_srtp_profile().decode()
        if profile not in _SALT_BYTES:
            self._fail(DtlsFailure.SRTP_PROFILE)
            return
        self.keys = self._export_keys(profile)
        self.state = DtlsState.CONNECTED
        self._deadline_s = now_s + REPEAT_FOR_S

    def _peer_is_as_announced(self) -> bool:
        try:
            certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        except ValueError:  # cryptography refuses certificates that OpenSSL can still read
            return False
        return certificate is not None and fingerprint_matches(
            certificate, self._fingerprint_algorithm, self._remote_fingerprint
        )

    def _export_keys(self, profile: str) -> SrtpKeys:
        salt_bytes = _SALT_BYTES[profile]
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (_KEY_BYTES + salt_bytes))
        keys, salts = material[: 2 * _KEY_BYTES], material[2 * _KEY_BYTES :]
        client = keys[:_KEY_BYTES], salts[:salt_bytes]
        server = keys[_KEY_BYTES:], salts[salt_bytes:]
        local, remote = (server, client) if self._is_server else (client, server)
        return SrtpKeys(profile, *local, *remote)

    def _fail(self, failure: DtlsFailure) -> None:
        self.state, self.failure = DtlsState.FAILED, failure

    def _take_flight(self) -> bool:
        """Collect what OpenSSL wants sent; nothing once we distrust the peer, whose handshake then never completes."""
        if self.failure in (DtlsFailure.FINGERPRINT, DtlsFailure.SRTP_PROFILE):
            return False
        try:
            self._last_flight = into_datagrams(self._ssl.bio_read(_MAX_FLIGHT_BYTES), MTU_BYTES)
        except SSL.WantReadError:
            return False
        return True

    def _send_flight(self, now_s: float) -> None:
        self._outbox += self._last_flight
        self._last_sent_s = now_s
        self._resend_at_s = now_s + self._resend_wait_s

    def _refresh_flight(self) -> None:
        """Let OpenSSL repeat the flight under fresh record numbers, which it does after a second of real time.

        Byte for byte repetitions look like a replay to a peer that got the flight. A server whose own last flight was
        lost therefore needs a fresh one to repeat it.
        """
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            self._fail(DtlsFailure.PROTOCOL)
        self._take_flight()

    def _may_repeat(self, now_s: float) -> bool:
        """Whether the peer may lack our last flight. Once connected only a server's can be missing.

        Two connected ends that answer repetitions with repetitions would never stop.
        """
        is_open = self.state is DtlsState.HANDSHAKING or (self.state is DtlsState.CONNECTED and self._is_server)
        return is_open and now_s - self._last_sent_s >= MIN_RESEND_S


def _new_connection(context: SSL.Context, *, is_server: bool) -> SSL.Connection:
    connection = SSL.Connection(context, None)
    connection.set_ciphertext_mtu(MTU_BYTES)
    if is_server:
        connection.set_accept_state()
    else:
        connection.set_connect_state()
    return connection


@functools.lru_cache(maxsize=4)  # a context takes a millisecond to make, and a process has one certificate
def _context(certificate: Certificate, srtp_profiles: tuple[str, ...]) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    # Without OP_NO_QUERY_MTU OpenSSL disregards the MTU it is told and makes records of 256 bytes.
    context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    context.use_certificate(certificate.x509)
    context.use_privatekey(certificate.key)
    context.set_tlsext_use_srtp(":".join(srtp_profiles).encode())
    # Any certificate passes here; that it is the announced one is checked when the handshake is complete.
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    return context
