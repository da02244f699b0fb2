"""Links: opened, replaced, closed, and freed whatever ends them. The peers are silent; only SDP is exchanged."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from aioice import stun

import ovrouter
from ovrouter import isolate
from ovrouter.config import Config
from ovrouter.errors import ForcedCodecMissing, LinkNotFound, SdpMalformed
from ovrouter.media import open_media_plane
from ovrouter.medianode import (
    AcceptDownlink,
    BandwidthLimits,
    LinkDown,
    OpenDownlink,
    OpenUplink,
    RemoteCandidate,
    RenegotiationNeeded,
    VideoCodec,
)
from ovrouter.rtc.certificate import make_certificate
from ovrouter.rtc.dtls import DtlsConnection
from ovrouter.rtc.sdp_parser import parse

SDP = Path(__file__).parents[2] / "fixtures" / "sdp"
OFFER = (SDP / "chromium_audio_video.sdp").read_bytes().decode()
RECVONLY = (SDP / "chromium_recvonly.sdp").read_bytes().decode()
DEADLINE_S = 20


@asynccontextmanager
async def running_plane(workers=1):
    config = Config(
        openvidu_secret="secret", ovrouter_media_ip=("127.0.0.1",), ovrouter_media_port=0, ovrouter_workers=workers
    )
    with trio.fail_after(DEADLINE_S):
        async with open_media_plane(config) as plane:
            yield plane


def uplink(link_id="up", offer=OFFER, **options):
    return OpenUplink(link_id=link_id, session_id="s", client_id="c", sdp_offer=offer, **options)


def downlink(link_id="down", uplink_id="up", **options):
    return OpenDownlink(link_id=link_id, uplink_id=uplink_id, session_id="s", client_id="d", **options)


def counts(plane):
    totals = [worker.fastpath.counters() for worker in plane.workers]
    return tuple(sum(total[name] for total in totals) for name in ("transports", "up_tracks", "down_tracks"))


async def test_a_client_that_offers_is_answered_and_gets_tracks():
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        assert counts(plane) == (1, 2, 0)
        opened = await plane.open_downlink(downlink(sdp_offer=RECVONLY))
        assert "a=sendonly" in opened.sdp
        assert counts(plane) == (2, 2, 2)


async def test_closing_frees_everything_in_any_order():
    async with running_plane() as plane:
        for order in (("up", "down"), ("down", "up"), ("up", "up", "down", "nobody")):
            await plane.open_uplink(uplink())
            await plane.open_downlink(downlink(sdp_offer=RECVONLY))
            for link_id in order:
                await plane.close_link(link_id)
            assert counts(plane) == (0, 0, 0)


async def test_what_is_refused_leaves_nothing_and_changes_nothing():
    async with running_plane() as plane:
        with pytest.raises(SdpMalformed):
            await plane.open_uplink(uplink(offer="v=0"))
        with pytest.raises(LinkNotFound):
            await plane.open_downlink(downlink())
        await plane.open_uplink(uplink())
        with pytest.raises(SdpMalformed):
            await plane.open_uplink(uplink(offer="v=0"))
        with pytest.raises(SdpMalformed):
            await plane.open_downlink(downlink(sdp_offer="v=0"))
        without_h264 = OFFER.replace("H264", "OTHER")
        with pytest.raises(ForcedCodecMissing):
            await plane.open_uplink(uplink("other", offer=without_h264, forced_codec=VideoCodec.H264))
        with pytest.raises(LinkNotFound):
            await plane.accept_downlink(AcceptDownlink("down", RECVONLY))
        assert counts(plane) == (1, 2, 0)


async def test_publishing_again_keeps_the_subscribers_tracks():
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        await plane.open_downlink(downlink(sdp_offer=RECVONLY))
        await plane.open_uplink(uplink())
        assert counts(plane) == (2, 2, 2)


async def test_subscribers_negotiate_anew_when_the_formats_change():
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        await plane.open_downlink(downlink(sdp_offer=RECVONLY))
        await plane.open_uplink(uplink(forced_codec=VideoCodec.H264))
        events = plane.events()
        assert await anext(aiter(events)) == RenegotiationNeeded("down")


async def test_links_spread_over_the_workers_and_a_downlink_follows_its_uplink():
    async with running_plane(workers=2) as plane:
        for number in range(4):
            await plane.open_uplink(uplink(f"up{number}"))
        assert [worker.transport_count for worker in plane.workers] == [2, 2]
        await plane.open_downlink(downlink(uplink_id="up0"))
        assert sorted(worker.transport_count for worker in plane.workers) == [2, 3]


async def test_what_one_client_receives_is_on_one_worker_and_crosses_to_it_once():
    async with running_plane(workers=2) as plane:
        for number in range(2):
            await plane.open_uplink(uplink(f"up{number}"))
        for link_id, uplink_id in (("a", "up0"), ("b", "up1"), ("c", "up1")):
            await plane.open_downlink(downlink(link_id, uplink_id, sdp_offer=RECVONLY))
        assert sorted(worker.transport_count for worker in plane.workers) == [1, 4]
        # Audio and video of up1, and its mirrors at the client's worker, which serve both downlinks.
        assert counts(plane) == (5, 6, 6)
        await plane.close_link("b")
        assert counts(plane) == (4, 6, 4)
        await plane.close_link("c")
        assert counts(plane) == (3, 4, 2)


async def test_mirrors_go_with_their_uplink_and_serve_what_is_published_again():
    async with running_plane(workers=2) as plane:
        for number in range(2):
            await plane.open_uplink(uplink(f"up{number}"))
        for number in range(2):
            await plane.open_downlink(downlink(f"down{number}", f"up{number}", sdp_offer=RECVONLY))
        await plane.open_uplink(uplink("up1"))
        assert counts(plane) == (4, 6, 4)
        await plane.close_link("up1")
        assert counts(plane) == (3, 2, 2)
        await plane.close_link("down1")
        assert counts(plane) == (2, 2, 2)


async def test_a_failing_link_task_ends_its_own_link_only(monkeypatch, caplog):
    kinds = []

    def fail_once(kind):
        kinds.append(kind)
        if len(kinds) == 1:
            raise RuntimeError("injected")

    async with running_plane() as plane:
        monkeypatch.setattr(isolate, "fault_injection", fail_once)
        await plane.open_uplink(uplink("broken"))
        await plane.open_uplink(uplink("neighbour"))
        await trio.testing.wait_all_tasks_blocked()
        assert kinds == ["link", "link"]
        assert counts(plane)[0] == 2
        await plane.open_uplink(uplink("broken"))
        await plane.close_link("neighbour")
        await plane.close_link("broken")
        assert counts(plane) == (0, 0, 0)
    assert "injected" in caplog.text


async def test_a_link_is_described():
    async with running_plane() as plane:
        await plane.open_uplink(uplink(video_limits=BandwidthLimits(max_kbps=300)))
        await plane.add_remote_candidate(RemoteCandidate("up", "candidate:1 1 udp 1 10.0.0.1 9 typ host", "0", 0))
        await plane.add_remote_candidate(RemoteCandidate("nobody", "candidate:1", "0", 0))
        described = await plane.describe_link("up")
        assert described.remote_sdp == OFFER
        assert described.local_sdp.startswith("v=0")
        assert described.remote_candidate is None
        assert [candidate.sdp_mid for candidate in described.remote_candidates] == ["0"]
        assert described.counters["received_packets"] == 0
        with pytest.raises(LinkNotFound):
            await plane.describe_link("nobody")
        assert (await plane.load()).links == 1


async def test_the_node_describes_itself():
    async with running_plane() as plane:
        described = await plane.describe()
        assert described.ip == plane.workers[0].candidates[0][0]
        assert described.version == ovrouter.__version__
        assert described.memory_bytes > 2**20


async def test_a_handshake_with_the_wrong_certificate_fails_and_frees_the_link():
    deceiver = DtlsConnection(
        make_certificate(), is_server=False, remote_fingerprint="", fingerprint_algorithm="sha-256"
    )
    async with running_plane() as plane:
        opened = await plane.open_uplink(uplink())
        answer = parse(opened.sdp_answer).media[0]
        with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as client:
            await client.connect(plane.workers[0].candidates[0])
            await client.send(binding_request(answer.ice_ufrag, answer.ice_pwd))
            await client.recv(2000)
            deceiver.start(trio.current_time())
            await shake_hands(deceiver, client, plane)
        assert await anext(aiter(plane.events())) == LinkDown("up", "handshake-failed")
        assert counts(plane) == (0, 2, 0)


async def shake_hands(dtls, client, plane):
    """Until the plane has given the link up."""
    while counts(plane)[0]:
        for datagram in dtls.datagrams_to_send():
            await client.send(datagram)
        with trio.move_on_after(0.05):
            dtls.receive_datagram(await client.recv(2000), trio.current_time())


def binding_request(ufrag, password):
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:theirs"
    message.attributes["PRIORITY"] = 1
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)
