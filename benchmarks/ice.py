"""The controlling ICE agent of one peer on one socket (cold; RFC 8445, RFC 7675)."""

from __future__ import annotations

import secrets

from aioice import stun

__all__ = ["IceAgent"]

_HOST_PRIORITY = 2130706431


class IceAgent:
    """Checks the router's candidates, nominates the first that answers, and keeps asking for consent.

    The addresses are those of RFC 8445 aggressive nomination: every check carries USE-CANDIDATE, as an ICE-lite router
    and Chromium agree to.
    """

    def __init__(self, ufrag: str, pwd: str) -> None:
        self.ufrag = ufrag
        self.pwd = pwd
        self.nominated: tuple[str, int] | None = None
        self.checks_sent = 0
        self.checks_answered = 0
        self._remote_ufrag = ""
        self._remote_pwd = b""
        self._tie_breaker = secrets.randbits(64)
        self._transactions: set[bytes] = set()

    def set_remote(self, ufrag: str, pwd: str) -> None:
        """Take the router's credentials."""
        self._remote_ufrag = ufrag
        self._remote_pwd = pwd.encode()

    def binding_request(self) -> bytes:
        """Return a check to send; also the consent check once connected."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._remote_ufrag}:{self.ufrag}"
        request.attributes["ICE-CONTROLLING"] = self._tie_breaker
        request.attributes["PRIORITY"] = _HOST_PRIORITY
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._remote_pwd)
        self._transactions.add(request.transaction_id)
        self.checks_sent += 1
        return bytes(request)

    def receive(self, data: bytes, address: tuple[str, int]) -> bytes | None:
        """Take a STUN datagram; returns the response to send to *address*, if one is due. Damaged ones are ignored."""
        try:
            message = stun.parse_message(data)
        except ValueError:
            return None
        if message.message_class is stun.Class.REQUEST:
            return self._respond(message, address)
        if message.message_class is stun.Class.RESPONSE:
            self._confirm(message, address)
        return None

    def _confirm(self, message: stun.Message, address: tuple[str, int]) -> None:
        if message.transaction_id not in self._transactions or not message.check_message_integrity(self._remote_pwd):
            return
        self._transactions.discard(message.transaction_id)
        self.checks_answered += 1
        if self.nominated is None:
            self.nominated = address

    def _respond(self, request: stun.Message, address: tuple[str, int]) -> bytes | None:
        if not request.check_message_integrity(self.pwd.encode()):
            return None
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = address
        response.add_message_integrity(self.pwd.encode())
        return bytes(response)
