"""Frames of a client, as they come in pieces, and what is answered; the wire is in memory."""

import h11
import pytest
import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.frame_protocol import FrameProtocol

from ovrouter.websocket import MAX_MESSAGE_CHARS, WebSocket, close_frame, text_frame, wants_websocket

HANDSHAKE = {
    "host": "x",
    "connection": "keep-alive, Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class FakeWire:
    peer_address = ("192.0.2.7", 4711)

    def __init__(self, *chunks):
        self.chunks = list(chunks)
        self.sent = b""
        self.has_unsent = False

    async def receive(self):
        if not self.chunks:
            raise trio.BrokenResourceError
        return self.chunks.pop(0)

    def write(self, data):
        self.sent += data
        return True

    async def send_all(self, data):
        self.sent += data


def shaken(wire, trailing=b"", **changes):
    """A WebSocket before its answer."""
    headers = HANDSHAKE | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    http = h11.Connection(h11.SERVER)
    http.receive_data(f"GET /openvidu?sessionId=x HTTP/1.1\r\n{lines}\r\n".encode() + trailing)
    request = http.next_event()
    assert wants_websocket(request)
    return WebSocket(wire, http, request)


async def accepted(wire):
    websocket = shaken(wire)
    await websocket.accept()
    wire.sent = b""
    return websocket


def client_frames(*events):
    client = Connection(ConnectionType.CLIENT)
    return b"".join(client.send(event) for event in events)


def told(data):
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(data)
    return list(client.events())


async def texts_of(websocket):
    texts = []
    while (text := await websocket.receive()) is not None:
        texts.append(text)
    return texts


async def test_handshake_is_answered_with_the_clients_key_and_our_headers():
    wire = FakeWire()
    websocket = shaken(wire)
    assert websocket.is_valid
    assert (websocket.path, websocket.peer_ip) == ("/openvidu", "192.0.2.7")
    await websocket.accept([(b"set-cookie", b"a=b")])
    assert wire.sent.startswith(b"HTTP/1.1 101")
    assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in wire.sent  # RFC 6455, section 1.3
    assert b"set-cookie: a=b\r\n" in wire.sent


@pytest.mark.parametrize(
    "change",
    [{"connection": "keep-alive"}, {"sec_websocket_version": "8"}, {"sec_websocket_key": ""}, {"trailing": b"\x81"}],
)
def test_handshake_that_breaks_the_rules_is_not_valid(change):
    assert not shaken(FakeWire(), **change).is_valid


@pytest.mark.parametrize(("method", "upgrade"), [("POST", "websocket"), ("GET", "h2c"), ("GET", "")])
def test_other_requests_want_no_websocket(method, upgrade):
    headers = [("host", "x"), ("upgrade", upgrade)]
    assert not wants_websocket(h11.Request(method=method, target="/", headers=headers))


async def test_a_handshake_is_refused_once_and_not_after_its_answer():
    wire = FakeWire()
    websocket = shaken(wire)
    await websocket.refuse(403)
    await websocket.refuse(500)
    assert wire.sent.startswith(b"HTTP/1.1 403")
    assert wire.sent.count(b"HTTP/1.1") == 1
    await (await accepted(wire)).refuse(500)
    assert wire.sent == b""


@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_texts_come_whole_however_they_were_cut(size):
    events = [
        TextMessage("häl", message_finished=False),
        Ping(b"?"),
        TextMessage("", message_finished=False),
        TextMessage("lo"),
        TextMessage("next"),
    ]
    data = client_frames(*events)
    wire = FakeWire(*(data[at : at + size] for at in range(0, len(data), size)))
    assert await texts_of(await accepted(wire)) == ["hällo", "next"]
    assert told(wire.sent) == [Pong(b"?")]


async def test_pings_of_a_client_that_takes_nothing_pile_up_no_answers():
    wire = FakeWire(client_frames(Ping(b"?"), TextMessage("x")))
    wire.has_unsent = True
    assert await (await accepted(wire)).receive() == "x"
    assert wire.sent == b""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (client_frames(BytesMessage(b"x")), 1003),
        (text_frame("not masked"), 1002),
        (b"\xff" * 20, 1002),
        (b"\x81\x81\0\0\0\0\xff", 1007),
        (client_frames(CloseConnection(1000, "bye")), 1000),
    ],
)
async def test_what_ends_the_conversation_is_answered_with_a_code(data, code):
    wire = FakeWire(data, client_frames(TextMessage("too late")))
    assert await texts_of(await accepted(wire)) == []
    (event,) = told(wire.sent)
    assert event.code == code


async def test_a_message_may_be_long_and_not_longer():
    fragments = [TextMessage("x" * (MAX_MESSAGE_CHARS // 2), message_finished=False)] * 2
    wire = FakeWire(client_frames(*fragments, TextMessage("")), client_frames(*fragments, TextMessage("x")))
    assert [len(text) for text in await texts_of(await accepted(wire))] == [MAX_MESSAGE_CHARS]
    assert wire.sent == close_frame(1009, "Message too big")


async def test_a_lost_client_is_the_end():
    assert await (await accepted(FakeWire())).receive() is None


@pytest.mark.parametrize("text", ["", "x" * 125, "x" * 126, "é" * 40_000])
def test_a_text_frame_reads_back(text):
    frames = FrameProtocol(client=True, extensions=[])
    frames.receive_bytes(text_frame(text))
    assert [frame.payload for frame in frames.received_frames()] == [text]
