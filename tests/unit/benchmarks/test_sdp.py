"""The peers' SDP as aiortc reads it, and what they read of a router's."""

from __future__ import annotations

from aiortc.sdp import SessionDescription

from benchmarks import sdp

LOCAL = sdp.LocalDescription("ufrag", "password", "AB:CD", ("127.0.0.1", 5000))


def test_a_publisher_offers_what_it_will_send() -> None:
    offer = SessionDescription.parse(sdp.offer_to_publish(LOCAL, audio_ssrc=1, video_ssrc=2, rtx_ssrc=3))
    audio, video = offer.media
    assert [(m.kind, m.direction, m.rtp.muxId) for m in offer.media] == [
        ("audio", "sendonly", "0"),
        ("video", "sendonly", "1"),
    ]
    assert [s.ssrc for s in audio.ssrc] == [1]
    assert [s.ssrc for s in video.ssrc] == [2, 3]
    assert [codec.name for codec in video.rtp.codecs] == ["VP8", "rtx"]
    assert (video.ice.usernameFragment, video.dtls.role) == ("ufrag", "client")
    assert [(c.ip, c.port) for c in video.ice_candidates] == [("127.0.0.1", 5000)]


def test_a_subscriber_never_promises_transport_wide_feedback() -> None:
    offer = sdp.offer_to_subscribe(LOCAL)
    assert "transport-cc" not in offer
    assert sdp.TRANSPORT_CC not in offer
    assert all(media.direction == "recvonly" for media in SessionDescription.parse(offer).media)


ROUTER_OFFER = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=ice-lite
a=group:BUNDLE a v
m=audio 40000 UDP/TLS/RTP/SAVPF 63
a=mid:a
a=ice-ufrag:RRRR
a=ice-pwd:router-password
a=fingerprint:sha-256 01:02
a=setup:actpass
a=rtpmap:63 opus/48000/2
a=extmap:7/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host
m=video 40000 UDP/TLS/RTP/SAVPF 120 121
a=mid:v
a=rtpmap:120 VP8/90000
a=rtpmap:121 rtx/90000
a=fmtp:121 apt=120
a=extmap:9 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host
a=candidate:2 1 tcp 1 127.0.0.1 40000 typ host tcptype passive
a=candidate:3 1 udp 1 ::1 40000 typ host
m=application 0 UDP/DTLS/SCTP webrtc-datachannel
a=mid:d
"""


def test_a_routers_description_is_read() -> None:
    remote = sdp.parse(ROUTER_OFFER)
    assert (remote.ice_ufrag, remote.ice_pwd) == ("RRRR", "router-password")
    assert (remote.fingerprint_algorithm, remote.fingerprint) == ("sha-256", "01:02")
    assert remote.candidates == [("127.0.0.1", 40000)]
    assert set(remote.media) == {"audio", "video"}
    stream = remote.media["audio"].stream(5, "opus")
    assert (stream.payload_type, stream.audio_level, stream.transport_cc) == (63, 7, 0)


def test_an_answer_takes_the_routers_numbers() -> None:
    answer = SessionDescription.parse(sdp.answer(LOCAL, sdp.parse(ROUTER_OFFER)))
    audio, video = answer.media
    assert (audio.rtp.muxId, video.rtp.muxId) == ("a", "v")
    assert [codec.payloadType for codec in video.rtp.codecs] == [120, 121]
    assert video.dtls.role == "client"
    assert [(e.id, e.uri) for e in audio.rtp.headerExtensions] == [(7, sdp.AUDIO_LEVEL)]
    assert video.rtp.headerExtensions == []
