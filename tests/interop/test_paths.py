"""Ways a call can take: codecs, the DTLS role, address families, workers, and numbering that differs at both ends."""

import asyncio
import copy
import itertools

import pytest
from aioice import ice
from aiortc import rtcpeerconnection
from aiortc.rtcrtpreceiver import RTCRtpReceiver

from tests.interop.client import Client
from tests.interop.media import TONE_HZ, CountingVideo, Tone, receive_frames, receive_tone_hz
from tests.interop.test_aiortc import FRAMES, SUBSCRIBE, assert_video_runs, call

ID_OFFSET = 7
"""Between the extension ids of the subscriber and those of the publisher."""


@pytest.fixture(scope="module")
def router_settings():
    return {"OVROUTER_MEDIA_IP": "127.0.0.1,::1", "OVROUTER_WORKERS": "2"}


@pytest.fixture
def received(monkeypatch):
    """Every RTP packet that a client receives, with the name of its codec."""
    packets = []
    handle = RTCRtpReceiver._handle_rtp_packet

    async def recording_handle(self, packet, arrival_time_ms):
        codec = self._RTCRtpReceiver__codecs.get(packet.payload_type)
        packets.append((codec.name if codec else None, packet))
        await handle(self, packet, arrival_time_ms)

    monkeypatch.setattr(RTCRtpReceiver, "_handle_rtp_packet", recording_handle)
    return packets


@SUBSCRIBE
@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_the_forced_codec_is_what_arrives(router, received, codec, subscribe):
    session = router.create_session(forcedVideoCodec=codec)
    levels, tone_hz = asyncio.run(call(lambda: router.create_token(session), subscribe))
    assert_video_runs(levels)
    assert tone_hz == pytest.approx(TONE_HZ, abs=10)
    assert {name for name, _ in received} - {"rtx"} == {"opus", codec}


class PassiveClient(Client):
    """Insists on being the DTLS server."""

    async def _offer_of(self, *tracks):
        link, offer = await super()._offer_of(*tracks)
        return link, offer.replace("a=setup:actpass", "a=setup:passive")


def test_a_publisher_that_waits_for_our_handshake(token):
    async def publish_passively():
        async with PassiveClient(token()) as alice, Client(token()) as bob:
            stream = await alice.publish(Tone(), CountingVideo())
            assert {sender.transport._role for link in alice.links for sender in link.getSenders()} == {"server"}
            link = await bob.subscribe_to_offer(stream)
            return await receive_frames(link, FRAMES), await receive_tone_hz(link)

    levels, tone_hz = asyncio.run(publish_passively())
    assert_video_runs(levels)
    assert tone_hz == pytest.approx(TONE_HZ, abs=10)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
def test_either_address_family_carries_a_call(token, monkeypatch, ip):
    monkeypatch.setattr(ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [ip])
    levels, tone_hz = asyncio.run(call(token, Client.subscribe_to_offer))
    assert_video_runs(levels)
    assert tone_hz == pytest.approx(TONE_HZ, abs=10)


def router_port(link):
    """The UDP port of the worker that serves *link*."""
    (pair,) = link.getReceivers()[0].transport.transport._connection._nominated.values()
    return pair.remote_addr[1]


def test_two_who_publish_to_each_other_over_two_workers(token):
    async def both_ways():
        async with Client(token()) as alice, Client(token()) as bob:
            streams = [await client.publish(Tone(), CountingVideo()) for client in (alice, bob)]
            links = [await bob.subscribe_to_offer(streams[0]), await alice.subscribe_by_offering(streams[1])]
            seen = await asyncio.gather(*(receive_frames(link, FRAMES) for link in links))
            return seen, {router_port(link) for link in links}

    seen, ports = asyncio.run(both_ways())
    for levels in seen:
        assert_video_runs(levels)
    assert len(ports) == 2


def test_one_who_watches_publishers_of_two_workers_is_served_by_one(token):
    async def three():
        async with Client(token()) as alice, Client(token()) as bob, Client(token()) as carol:
            streams = [await client.publish(Tone(), CountingVideo()) for client in (alice, bob)]
            links = [await carol.subscribe_to_offer(stream) for stream in streams]
            seen = await asyncio.gather(*(receive_frames(link, FRAMES) for link in links))
            return seen, {router_port(link) for link in links}

    seen, ports = asyncio.run(three())
    for levels in seen:
        assert_video_runs(levels)
    assert len(ports) == 1


def test_extension_ids_are_those_of_each_end(token, monkeypatch, received):
    async def renumbered():
        async with Client(token()) as alice, Client(token()) as bob:
            stream = await alice.publish(Tone(), CountingVideo())
            theirs = copy.deepcopy(rtcpeerconnection.HEADER_EXTENSIONS)
            for extension in itertools.chain(*theirs.values()):
                extension.id += ID_OFFSET
            monkeypatch.setattr(rtcpeerconnection, "HEADER_EXTENSIONS", theirs)
            await receive_tone_hz(await bob.subscribe_by_offering(stream))

    asyncio.run(renumbered())
    levels = [packet.extensions.audio_level for name, packet in received if name == "opus"]
    assert len(levels) > 20
    # The tone has an amplitude of 12,000 of 32,768: 12 dB below full scale.
    assert all(-15 < -level < -9 for _, level in levels[5:])


def test_publishing_again_leaves_no_seam_in_what_subscribers_number(token, received):
    levels, _ = asyncio.run(call(token, Client.subscribe_to_offer, publish_again=True))
    assert_video_runs(levels)
    for codec in ("VP8", "opus"):
        packets = [packet for name, packet in received if name == codec]
        assert len({packet.ssrc for packet in packets}) == 1
        pairs = list(itertools.pairwise(packets))
        assert {(b.sequence_number - a.sequence_number) & 0xFFFF for a, b in pairs} == {1}
        assert all((b.timestamp - a.timestamp) & 0xFFFFFFFF < 2**31 for a, b in pairs)
