"""A small TURN client (RFC 8656) over UDP that says what it was answered."""

from __future__ import annotations

import contextlib
import hashlib
import socket
from typing import Any, Self

from aioice import stun
from aioice.stun import Class, Message, Method

__all__ = ["IPV4", "IPV6", "Refused", "TurnClient"]

ANSWER_TIMEOUT_S = 1.0
ATTEMPTS = 20
UDP = 17 << 24
IPV4, IPV6 = 1 << 24, 2 << 24
"""Values of REQUESTED-ADDRESS-FAMILY (RFC 8656 section 18.6), which aioice does not know."""

stun.ATTRIBUTES_BY_NAME.setdefault(
    "REQUESTED-ADDRESS-FAMILY", (0x0017, "REQUESTED-ADDRESS-FAMILY", stun.pack_unsigned, stun.unpack_unsigned)
)


class Refused(Exception):
    """The server answered with an error; ``code`` is its number."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


class TurnClient(contextlib.AbstractContextManager["TurnClient"]):
    """One allocation, at most."""

    def __init__(self, server: tuple[str, int], username: str = "", password: str = "") -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.connect(server)
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        self._username = username
        self._password = password
        self._credentials: dict[str, Any] = {}
        self._key = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask_address(self) -> tuple[str, int]:
        """A binding request, once. Raises TimeoutError."""
        self._socket.send(bytes(Message(Method.BINDING, Class.REQUEST)))
        answer = stun.parse_message(self._socket.recv(2048))
        return answer.attributes["XOR-MAPPED-ADDRESS"]  # type: ignore[no-any-return]

    def allocate(self, family: int = IPV4) -> tuple[str, int]:
        """Ask for a relayed address, with credentials once the server has named its realm. Raises Refused."""
        wanted = {"REQUESTED-TRANSPORT": UDP, "REQUESTED-ADDRESS-FAMILY": family}
        challenge = self._answer(Method.ALLOCATE, wanted)
        assert challenge.attributes["ERROR-CODE"][0] == 401, "allocations without credentials"
        realm, nonce = challenge.attributes["REALM"], challenge.attributes["NONCE"]
        self._key = hashlib.md5(f"{self._username}:{realm}:{self._password}".encode()).digest()
        self._credentials = {"USERNAME": self._username, "REALM": realm, "NONCE": nonce}
        return self._request(Method.ALLOCATE, wanted)["XOR-RELAYED-ADDRESS"]  # type: ignore[no-any-return]

    def permit(self, ip: str) -> None:
        """Ask to exchange datagrams with a peer. Raises Refused."""
        self._request(Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (ip, 0)})

    def bind_channel(self, peer: tuple[str, int]) -> None:
        """The other way to ask for it. Raises Refused."""
        self._request(Method.CHANNEL_BIND, {"CHANNEL-NUMBER": 0x4000, "XOR-PEER-ADDRESS": peer})

    def bounce(self, peer: tuple[str, int], data: bytes) -> tuple[tuple[str, int], bytes]:
        """Send *data* to a peer until the relay brings something back: who sent what. Raises TimeoutError."""
        indication = Message(Method.SEND, Class.INDICATION)
        indication.attributes = {"XOR-PEER-ADDRESS": peer, "DATA": data}
        answer = self._exchange(indication, Method.DATA)
        return answer.attributes["XOR-PEER-ADDRESS"], answer.attributes["DATA"]

    def _request(self, method: Method, attributes: dict[str, Any]) -> dict[str, Any]:
        answer = self._answer(method, {**attributes, **self._credentials})
        if answer.message_class == Class.ERROR:
            raise Refused(*answer.attributes["ERROR-CODE"])
        return answer.attributes

    def _answer(self, method: Method, attributes: dict[str, Any]) -> Message:
        request = Message(method, Class.REQUEST)
        request.attributes = dict(attributes)
        if self._key:
            request.add_message_integrity(self._key)
        return self._exchange(request, method)

    def _exchange(self, message: Message, answered_by: Method) -> Message:
        for _ in range(ATTEMPTS):
            self._socket.send(bytes(message))
            with contextlib.suppress(TimeoutError):
                while True:
                    answer = stun.parse_message(self._socket.recv(2048))
                    if answer.message_method == answered_by and answer.message_class != Class.REQUEST:
                        return answer
        raise TimeoutError(f"no answer to {message.message_method.name}")
