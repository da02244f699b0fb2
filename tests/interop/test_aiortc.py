"""Calls between aiortc peers: an implementation of WebRTC that shares no code with browsers, nor with ours."""

import asyncio
import itertools

import pytest
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender

from tests.interop.client import Client
from tests.interop.media import LEVELS, TONE_HZ, CountingVideo, Tone, receive_frames, receive_tone_hz

SUBSCRIBE = pytest.mark.parametrize("subscribe", [Client.subscribe_to_offer, Client.subscribe_by_offering])
FRAMES = 30


async def call(token, subscribe, *, publish_again=False):
    """A call of two; what the subscriber saw and heard."""
    async with Client(token()) as alice, Client(token()) as bob:
        stream = await alice.publish(Tone(), CountingVideo())
        link = await subscribe(bob, stream)
        levels = await receive_frames(link, FRAMES)
        if publish_again:
            await alice.publish_again(stream, Tone(), CountingVideo())
            levels = await receive_frames(link, FRAMES)
        return levels, await receive_tone_hz(link)


def assert_video_runs(levels):
    """The brightness goes round as it was sent; a few frames may be missing where the decoder began."""
    steps = [(LEVELS.index(b) - LEVELS.index(a)) % len(LEVELS) for a, b in itertools.pairwise(levels)]
    assert steps.count(1) >= len(steps) * 0.8, levels


@SUBSCRIBE
def test_picture_and_sound_arrive(token, subscribe):
    levels, tone_hz = asyncio.run(call(token, subscribe))
    assert_video_runs(levels)
    assert tone_hz == pytest.approx(TONE_HZ, abs=10)


@pytest.mark.parametrize("profile", ["SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80"])
def test_both_srtp_profiles(token, monkeypatch, profile):
    only = [known for known in rtcdtlstransport.SRTP_PROFILES if known.openssl_profile == profile.encode()]
    assert len(only) == 1
    monkeypatch.setattr(rtcdtlstransport, "SRTP_PROFILES", only)
    levels, tone_hz = asyncio.run(call(token, Client.subscribe_to_offer))
    assert_video_runs(levels)
    assert tone_hz == pytest.approx(TONE_HZ, abs=10)


def test_an_answer_to_an_offer_that_was_replaced_spoils_nothing(token):
    async def two_offers():
        async with Client(token()) as alice, Client(token()) as bob:
            stream = await alice.publish(Tone(), CountingVideo())
            (_, stale), (link, answer) = await bob.prepare(stream), await bob.prepare(stream)
            with pytest.raises(AssertionError, match="not those of the last offer"):
                await bob.call("receiveVideoFrom", sender=stream, sdpAnswer=stale)
            await bob.call("receiveVideoFrom", sender=stream, sdpAnswer=answer)
            return await receive_frames(link, FRAMES)

    assert_video_runs(asyncio.run(two_offers()))


def test_subscribers_stay_when_the_stream_is_published_again(token):
    levels, tone_hz = asyncio.run(call(token, Client.subscribe_to_offer, publish_again=True))
    assert_video_runs(levels)
    assert tone_hz == pytest.approx(TONE_HZ, abs=10)


def test_what_a_publisher_loses_is_asked_of_it_again(token, monkeypatch):
    dropped, repaired = [], []
    send, retransmit = RTCDtlsTransport._send_rtp, RTCRtpSender._retransmit

    async def lossy_send(self, data):
        if data[0] >> 6 == 2 and not 192 <= data[1] <= 223 and len(dropped) < 200 and data[3] % 10 == 3:
            dropped.append(data[2:4])
            return
        await send(self, data)

    async def counting_retransmit(self, sequence_number):
        repaired.append(sequence_number)
        await retransmit(self, sequence_number)

    monkeypatch.setattr(RTCDtlsTransport, "_send_rtp", lossy_send)
    monkeypatch.setattr(RTCRtpSender, "_retransmit", counting_retransmit)
    levels, _ = asyncio.run(call(token, Client.subscribe_to_offer))
    assert dropped
    assert repaired
    assert_video_runs(levels)


def test_what_a_subscriber_loses_is_sent_again(token, monkeypatch):
    lost, repairs = [], []
    handle = RTCRtpReceiver._handle_rtp_packet

    async def lossy_handle(self, packet, arrival_time_ms):
        codec = self._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec is not None and codec.name == "rtx":
            repairs.append(packet.sequence_number)
        elif codec is not None and codec.name == "VP8" and packet.sequence_number % 10 == 3:
            lost.append(packet.sequence_number)
            return
        await handle(self, packet, arrival_time_ms)

    monkeypatch.setattr(RTCRtpReceiver, "_handle_rtp_packet", lossy_handle)
    levels, _ = asyncio.run(call(token, Client.subscribe_to_offer))
    assert lost
    assert repairs
    assert len(levels) == FRAMES
