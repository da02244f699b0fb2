"""Fuzz target: a call in which both sides say anything at any time.

*data* is a script of steps: a byte that says what (0 datagram, 1 authentic RTP, 2 authentic RTCP, 3 time) and who, a
byte that says how long, then the bytes. Whatever happens, the core answers the next connectivity check, and a stranger
never gets an answer.
"""

import pylibsrtp

from tests.unit.fastpath.rig import MS, VIDEO, VIDEO_RTX, VP8_KEYFRAME, Rig, packet

STRANGER = (bytes([192, 0, 2, 1]), 1, 0)
MAX_STEPS = 200


def fuzz(data: bytes) -> None:
    """Play the script, then see that the call still works."""
    rig, alice, bob = call()
    for action, who, body in steps(data):
        peer = (alice, bob)[who]
        if action == 0:
            rig.core.receive([(body, peer.address), (body, STRANGER)], rig.now_us)
        elif action == 1:
            send_authentic(rig, peer, peer._out.protect, body)
        elif action == 2:
            send_authentic(rig, peer, peer._out.protect_rtcp, body)
        else:
            rig.now_us += 10 * MS * (1 + len(body))
            rig.core.tick(rig.now_us)
        assert all(address != STRANGER for _, address in rig.core.take_outgoing())
        rig.core.take_events()
    check_alive(alice)
    check_alive(bob)


def call(*, is_estimated=True):
    """*is_estimated*: the subscriber reports what arrives; feedback that cannot be read counts as malformed."""
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    down = bob.subscribe(
        alice.publish_video(), rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)], extensions=[(1, 2)]
    )
    rig.core.join_client(bob.handle, b"bob", transport_cc=6 if is_estimated else 0)
    rig.core.set_down_limits(down, min_bps=50_000, max_bps=900_000)
    rig.core.set_extensions(alice.handle, transport_cc=3, rid=4, repaired_rid=5)
    rig.core.set_max_bitrate(alice.handle, 1_000_000)
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME))
    return rig, alice, bob


def steps(data):
    """(action 0..3, who 0..1, bytes) of the script."""
    position = 0
    for _ in range(MAX_STEPS):
        if position + 2 > len(data):
            return
        head, length = data[position], data[position + 1]
        yield head & 3, (head >> 2) & 1, data[position + 2 : position + 2 + length]
        position += 2 + length


def send_authentic(rig, peer, protect, body):
    """Deliver *body* as a packet made with the peer's keys, if libsrtp lets it make one."""
    try:
        datagram = protect(body)
    except (pylibsrtp.Error, ValueError):
        return
    rig.core.receive([(datagram, peer.address)], rig.now_us)


def check_alive(peer):
    before = len(peer.stun)
    peer.check()
    assert len(peer.stun) == before + 1
