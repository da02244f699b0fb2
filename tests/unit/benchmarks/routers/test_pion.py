"""What the Pion router is asked, and what of its answers is kept."""

from __future__ import annotations

import httpx
import pytest

from benchmarks.peer import Peer
from benchmarks.routers.contract import RouterFailed
from benchmarks.routers.pion import PionMember, PionRouter
from benchmarks.sdp import RemoteDescription, offer_to_publish
from ovrouter.rtc.certificate import make_certificate

CERTIFICATE = make_certificate()


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Peer:
    """A peer that is connected by being told to."""

    async def connect(_self: Peer, remote: RemoteDescription) -> None:
        assert remote.ice_ufrag == "ufrag"

    monkeypatch.setattr(Peer, "connect", connect)
    peer = Peer("127.0.0.1", CERTIFICATE)
    peer.close()
    return peer


def router(request: httpx.Request) -> httpx.Response:
    """Answer an offer with itself, as far as anybody looks."""
    offer = request.content.decode()
    answer = "\r\n".join("a=ice-ufrag:ufrag" if line.startswith("a=ice-ufrag") else line for line in offer.splitlines())
    if request.url.path == "/publish":
        return httpx.Response(201, text=answer, headers={"Location": "/subscribe/0"})
    if request.url.path == "/subscribe/0":
        return httpx.Response(201, text=answer, headers={"Location": ""})
    return httpx.Response(400, text="there is no stream\n")


async def test_a_subscriber_asks_for_what_was_published(peer: Peer) -> None:
    async with (
        httpx.AsyncClient(base_url="http://pion", transport=httpx.MockTransport(router)) as http,
        PionRouter(http, 1).open_session() as session,
        session.join(publishes=True) as member,
    ):
        publisher = await member.publish(peer)
        assert publisher.stream_id == "/subscribe/0"
        assert (publisher.video.payload_type, publisher.audio.payload_type) == (96, 111)
        subscriber = await member.subscribe(peer, publisher)
        assert (subscriber.video_type, subscriber.audio_type) == (96, 111)


async def test_a_refusal_says_why(peer: Peer) -> None:
    async with httpx.AsyncClient(base_url="http://pion", transport=httpx.MockTransport(router)) as http:
        offer = offer_to_publish(peer.description, 1, 2, 3)
        with pytest.raises(RouterFailed, match=r"Pion refused /subscribe/1: there is no stream$"):
            await PionMember(http)._post("/subscribe/1", offer)
