"""A core that gets what another one got does what that did, bit for bit; and a difference is noticed."""

import ast
import itertools
import os
import random
import socket
import struct
from pathlib import Path

import pytest
from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

from ovrouter._fastpath import Core
from ovrouter.errors import TraceUnreadable
from ovrouter.media.replay import CHECK, COMMAND, COMMANDS, DATAGRAM, FULL, RELAYED, TICK, replay
from ovrouter.media.trace import split_records
from tests.fuzz import fuzz_core
from tests.fuzz.mutation import mutated
from tests.unit.fastpath.rig import AUDIO, MS, SECOND, VIDEO, VIDEO_RTX, VP8_KEYFRAME, Rig, packet

MEBIBYTE = 1 << 20


def traced_rig(capacity=8 * MEBIBYTE):
    rig = Rig()
    rig.core.begin_trace(capacity)
    return rig


def play(rig):
    """Three seconds of a call with losses, reports, a tap whose consumer does not read, mistakes, and all commands."""
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_extensions(alice.handle, transport_cc=3, rid=4, repaired_rid=5)
    rig.core.set_cname(bob.handle, b"alice")
    video, audio = alice.publish_video(), alice.publish_audio()
    down = bob.subscribe(video, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)], extensions=[(1, 2)])
    bob.subscribe(audio, ssrc=0x6000, pt=AUDIO, source_pt=AUDIO)
    rig.core.join_client(bob.handle, b"bob", transport_cc=6)
    rig.core.set_down_limits(down, min_bps=50_000, max_bps=900_000)
    rig.core.set_max_bitrate(alice.handle, 1_000_000)
    consumer, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        tap = rig.core.add_tap(ours.fileno())
    rig.core.add_down_track(video, tap, ssrc=7, payload_types=((pt, pt) for pt in range(128)))
    for number in range(300):
        if number % 17:
            payload = VP8_KEYFRAME if number % 50 == 1 else b"\x10\x01" + os.urandom(300)
            alice.send(packet(number, ssrc=0x1000, payload=payload, timestamp=3000 * number))
        alice.send(packet(number, ssrc=0x2000, pt=AUDIO, payload=os.urandom(80), timestamp=480 * number))
        if number % 20 == 10:
            bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[number - 2, number - 1]))
            bob.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000))
            bob.send_rtcp(RtcpRrPacket(1, [RtcpReceiverInfo(0x5000, 12, 1, number, 0, 0, 0)]))
            rig.core.send(alice.handle, iter([b"\x01handshake"]))
            rig.core.receive([(b"\x16handshake", alice.address), (b"", alice.address)], rig.now_us)
            rig.core.receive([(bytes(5000), alice.address), (os.urandom(60), alice.address)], rig.now_us)
            rig.core.take_events()
        rig.run(10 * MS)
    consumer.close()
    rig.core.request_keyframe(video)
    with pytest.raises(KeyError):
        rig.core.remove_down_track(12345)
    rig.core.remove_down_track(down)
    rig.core.remove_transport(tap)
    rig.run(SECOND)
    rig.core.remove_up_track(audio)


def recorded(rig, **options):
    return list(split_records(memoryview(rig.core.take_trace(**options))))


def test_a_call_replays_bit_for_bit():
    rig = traced_rig()
    play(rig)
    outcome = replay(recorded(rig, is_last=True))
    assert outcome.agrees
    assert outcome.ending == "complete"
    _, datagrams, events, tapped = struct.unpack("=QQQQ", outcome.outputs)
    assert datagrams > 400
    assert events >= 10
    assert tapped > 150
    assert "agrees with what was sent live" in str(outcome)


def test_a_trace_taken_in_pieces_is_compared_at_each():
    rig = traced_rig()
    pieces = recorded(rig)
    for _ in range(3):
        play(rig)
        pieces += recorded(rig)
    outcome = replay(pieces + recorded(rig, is_last=True))
    assert outcome.agrees
    assert outcome.checks == 4


def play_across():
    """A call whose subscribers are on another core; both rigs."""
    here, there = traced_rig(), traced_rig()
    here.core.connect(there.core)
    alice, bob, carol = here.peer(), there.peer(), there.peer()
    track = alice.publish_video()
    mirror = here.core.mirror_up_track(track, there.core)
    bob.subscribe(mirror)
    alice.send_rtcp(RtcpSrPacket(0x1000, RtcpSenderInfo(5 << 32, 90000, 1, 100)))
    for number in range(1, 300):
        payload = VP8_KEYFRAME if number % 50 == 1 else b"\x10\x01" + os.urandom(500)
        alice.send(packet(number, ssrc=0x1000, payload=payload, timestamp=3000 * number))
        if number == 120:
            carol.subscribe(mirror, ssrc=0x7000)
        if number % 40 == 0:
            bob.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000))
        for rig in (there, here):
            rig.core.receive_relayed(rig.now_us)
            rig.run(10 * MS)
    here.core.remove_mirror(track, there.core)
    return here, there


def test_two_connected_cores_replay_each_on_its_own():
    for rig in play_across():
        outcome = replay(recorded(rig, is_last=True))
        assert outcome.agrees, str(outcome)
        assert outcome.relayed > 3


SCRIPTS = sorted((Path(fuzz_core.__file__).parent / "corpus" / "core").iterdir())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_whatever_peers_say_replays(script, monkeypatch):
    rng = random.Random(script.name)
    rigs = []

    def traced():
        rigs.append(traced_rig())
        return rigs[-1]

    monkeypatch.setattr(fuzz_core, "Rig", traced)
    for data in [script.read_bytes()] + [mutated(rng, script.read_bytes()) for _ in range(20)]:
        fuzz_core.fuzz(data)
        assert replay(recorded(rigs.pop(), is_last=True)).agrees


def last_byte_changed(body):
    return bytes([*body[:-1], body[-1] ^ 1])


def another_ssrc(body):
    return bytes(body).replace(b"'ssrc': 20480", b"'ssrc': 20481")


@pytest.mark.parametrize(("kind", "change"), [(DATAGRAM, last_byte_changed), (COMMAND, another_ssrc)])
def test_a_changed_byte_of_what_came_in_is_noticed(kind, change):
    rig = traced_rig()
    play(rig)
    records = recorded(rig, is_last=True)
    changed = (number for number, record in enumerate(records) if record[0] == kind and change(record[2]) != record[2])
    *_, index = itertools.islice(changed, 10)
    records[index] = (*records[index][:2], memoryview(change(records[index][2])))
    outcome = replay(records)
    assert not outcome.agrees
    assert "differs from what was sent live" in str(outcome)


def test_another_time_is_noticed():
    rig = traced_rig()
    play(rig)
    records = recorded(rig, is_last=True)
    ticks = [number for number, record in enumerate(records) if record[0] == TICK]
    for number in ticks[50:]:
        kind, now_us, body = records[number]
        records[number] = (kind, now_us + SECOND, body)
    assert not replay(records).agrees


def test_a_trace_that_has_no_room_ends_with_a_mark_and_the_call_goes_on():
    rig = traced_rig(capacity=50_000)
    play(rig)
    records = recorded(rig)
    assert records[-1][0] == FULL
    assert sum(13 + len(body) for _, _, body in records) <= 50_000
    outcome = replay(records)
    assert outcome.agrees
    assert outcome.ending == "ends where the disk did not keep up"
    play_on = rig.peer()
    assert len(play_on.stun) == 1
    assert recorded(rig, is_last=True) == []


def test_a_trace_that_breaks_off_agrees_as_far_as_it_goes():
    rig = traced_rig()
    play(rig)
    records = recorded(rig)
    assert records[-1][0] == CHECK
    outcome = replay(records)
    assert outcome.agrees
    assert outcome.ending == "ends where the router was cut off"


def test_without_outputs_there_is_nothing_to_agree_with():
    rig = traced_rig()
    play(rig)
    outcome = replay([record for record in recorded(rig) if record[0] != CHECK])
    assert not outcome.agrees
    assert "nothing to compare" in str(outcome)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (DATAGRAM, b"short"),
        (DATAGRAM, bytes(20 + 2050)),
        (RELAYED, b"\0short"),
        (RELAYED, bytes(100)),
        (99, b""),
        (COMMAND, b"(1, 2"),
        (COMMAND, b"('__class__', (), {})"),
        (COMMAND, b"('begin_trace', (1,), {})"),
        (COMMAND, b"('set_cname', ('text', 1), {})"),
        (COMMAND, b"17"),
    ],
)
def test_what_no_router_writes_is_refused(kind, body):
    with pytest.raises(TraceUnreadable, match="no router wrote"):
        replay([(kind, 1, memoryview(body))])


def test_no_trace_is_taken_before_one_was_begun():
    with pytest.raises(ValueError, match="no trace was begun"):
        Rig().core.take_trace()


QUERIES = {
    "begin_trace", "counters", "describe_client", "describe_down_track", "describe_transport", "describe_up_track",
    "mirror_up_track", "peer_address", "receive", "receive_relayed", "remove_mirror", "take_loudness", "take_trace",
    "tick",
}  # fmt: skip
"""What changes nothing in a core, or consists of what is noted anyhow."""


def test_every_command_is_known_to_replays():
    assert {name for name in vars(Core) if not name.startswith("__")} - QUERIES == COMMANDS


def test_every_command_is_noted():
    rig = traced_rig()
    play(rig)
    records = [record for each in (rig, *play_across()) for record in recorded(each)]
    assert {ast.literal_eval(str(body, "utf-8"))[0] for kind, _, body in records if kind == COMMAND} == COMMANDS
