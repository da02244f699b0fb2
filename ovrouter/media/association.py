"""ICE and DTLS-SRTP with one client: drives the handshake over a worker's transport (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import pylibsrtp
import trio

from ovrouter.media.worker import MediaWorker
from ovrouter.rtc.certificate import Certificate
from ovrouter.rtc.dtls import DtlsConnection, DtlsFailure, SrtpKeys
from ovrouter.rtc.ice import ice_pwd, ice_ufrag
from ovrouter.rtc.plan import LocalTransport, RemoteTransport

__all__ = ["Association"]

_log = logging.getLogger("ovrouter.dtls")

INBOX_DATAGRAMS: Final = 32
"""Handshake datagrams waiting for Trio: several whole flights; a peer that sends more loses the rest."""
PROFILES: Final = {
    "SRTP_AEAD_AES_128_GCM": pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AES128_CM_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}


class Association:
    """One transport from its credentials to its keys.

    Datagrams that come before :meth:`run` (the client may begin its handshake before its answer has reached us) wait in
    the inbox.
    """

    def __init__(self, worker: MediaWorker, certificate: Certificate) -> None:
        self.worker = worker
        self._certificate = certificate
        self._ufrag, self._pwd = ice_ufrag(), ice_pwd()
        self.handle = worker.fastpath.add_transport(self._ufrag.encode(), self._pwd.encode())
        worker.transport_count += 1
        self._inbox_in, self._inbox_out = trio.open_memory_channel[bytes](INBOX_DATAGRAMS)
        self._scope = trio.CancelScope()
        self.is_settled = False
        self.is_closed = False

    @property
    def local(self) -> LocalTransport:
        """What our SDP says of this end."""
        return LocalTransport(self._ufrag, self._pwd, self._certificate.fingerprint, self.worker.candidates)

    def on_datagram(self, data: bytes) -> None:
        """Take a DTLS datagram from the worker; dropped when the inbox is full, as a network would."""
        try:
            self._inbox_in.send_nowait(data)
        except (trio.WouldBlock, trio.ClosedResourceError):
            _log.debug("handshake datagram dropped: inbox full")

    async def run(self, remote: RemoteTransport, on_up: Callable[[], None], on_down: Callable[[str], None]) -> None:
        """Shake hands with the peer and see to it that it has our last word; then the association :attr:`is_settled`.

        *on_down* gets the reason if that fails; it is not called when :meth:`close` ended the association.
        """
        dtls = DtlsConnection(
            self._certificate,
            is_server=remote.is_dtls_client,
            remote_fingerprint=remote.fingerprint,
            fingerprint_algorithm=remote.fingerprint_algorithm,
        )
        is_up = False
        with self._scope:
            await trio.lowlevel.checkpoint_if_cancelled()  # the link may have been closed before its task began
            dtls.start(trio.current_time())
            self._send(dtls)
            while not dtls.is_done:
                await self._step(dtls)
                if dtls.keys is not None and not is_up:
                    # Before our last flight leaves: the peer sends media as soon as it has it.
                    self._install(dtls.keys)
                    is_up = True
                    on_up()
                self._send(dtls)
            if dtls.failure is not None:
                on_down(_reason(dtls.failure))
                return
            self.is_settled = True
            # Nobody reads what comes from now on.
            self._inbox_in.close()
            self._inbox_out.close()

    async def _step(self, dtls: DtlsConnection) -> None:
        """Feed one datagram, or let the timer act."""
        timer_s = dtls.get_timer()
        data = None
        with trio.move_on_at(float("inf") if timer_s is None else timer_s):
            data = await self._inbox_out.receive()
        await trio.lowlevel.checkpoint_if_cancelled()  # closed at the very moment a datagram came
        now_s = trio.current_time()
        if data is None:
            dtls.handle_timer(now_s)
        else:
            dtls.receive_datagram(data, now_s)

    def _send(self, dtls: DtlsConnection) -> None:
        datagrams = dtls.datagrams_to_send()
        if datagrams:
            self.worker.fastpath.send(self.handle, datagrams)

    def _install(self, keys: SrtpKeys) -> None:
        self.worker.fastpath.set_keys(
            self.handle,
            PROFILES[keys.profile],
            keys.remote_key + keys.remote_salt,
            keys.local_key + keys.local_salt,
        )

    def close(self) -> None:
        """Free the transport; what :meth:`run` still awaits is cancelled. Safe to call twice."""
        if self.is_closed:
            return
        self.is_closed = True
        self._scope.cancel()
        self._inbox_in.close()
        self._inbox_out.close()
        self.worker.fastpath.remove_transport(self.handle)
        self.worker.transport_count -= 1


def _reason(failure: DtlsFailure) -> str:
    """The word of :class:`ovrouter.medianode.LinkDown` for the end of a handshake."""
    _log.info("handshake failed: %s", failure.value)
    return "handshake-timeout" if failure is DtlsFailure.TIMEOUT else "handshake-failed"
