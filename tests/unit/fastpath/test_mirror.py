"""One session on two cores: subscribers see no difference, and publishers hear of all of them."""

import random

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket, RtcpSenderInfo, RtcpSrPacket

from ovrouter._fastpath import Core
from tests.unit.fastpath.rig import AUDIO, MS, SECOND, VIDEO_RTX, VP8_DELTA, VP8_KEYFRAME, Rig, packet, renumbered

NTP = 3_900_000_000 << 32
SSRC = 0x1000


class TwoCores:
    """Publishers are *here*, subscribers *there*."""

    def __init__(self):
        self.here, self.there = Rig(), Rig()
        self.here.core.connect(self.there.core)

    def relay(self):
        for rig in (self.there, self.here):
            rig.core.receive_relayed(rig.now_us)
            rig.deliver()

    def run(self, duration_us):
        for _ in range(duration_us // (10 * MS)):
            for rig in (self.here, self.there):
                rig.run(10 * MS)
            self.relay()

    def mirror(self, track):
        return self.here.core.mirror_up_track(track, self.there.core)


def call(start=100, **options):
    """A call in which the keyframe with number *start* has been sent."""
    cores = TwoCores()
    alice, bob = cores.here.peer(), cores.there.peer()
    track = alice.publish_video()
    mirror = cores.mirror(track)
    bob.subscribe(mirror, **options)
    alice.send(packet(start, ssrc=SSRC, payload=VP8_KEYFRAME))
    cores.relay()
    return cores, alice, bob, track, mirror


def numbers(peer):
    return [packet.sequence_number for packet in peer.rtp]


def keyframe_requests(peer):
    return [message for message in peer.received(RtcpPsfbPacket) if message.fmt == 1]


@pytest.mark.parametrize("start", [0, 2**15 - 3, 2**16 - 3])
def test_packets_reach_subscribers_on_the_other_core_as_they_were(start):
    cores, alice, bob, _, _ = call(start)
    payloads = [bytes([0, *random.randbytes(random.randrange(1200))]) for _ in range(50)]
    for number, payload in enumerate(payloads, start + 1):
        alice.send(packet(number, ssrc=SSRC, payload=payload, timestamp=number * 3000, marker=number % 2))
        cores.relay()
    assert [p.payload for p in bob.rtp] == [VP8_KEYFRAME, *payloads]
    assert numbers(bob) == renumbered(range(start, start + 51))
    assert [p.timestamp for p in bob.rtp[1:]] == [number * 3000 for number in range(start + 1, start + 51)]
    assert [p.marker for p in bob.rtp[1:]] == [number % 2 for number in range(start + 1, start + 51)]


def test_audio_crosses_too():
    cores = TwoCores()
    alice, bob = cores.here.peer(), cores.there.peer()
    bob.subscribe(cores.mirror(alice.publish_audio()), pt=AUDIO, source_pt=AUDIO)
    for number in range(5):
        alice.send(packet(number, ssrc=0x2000, pt=AUDIO, payload=b"sound %d" % number))
        cores.relay()
    assert [p.payload for p in bob.rtp] == [b"sound %d" % number for number in range(5)]


def test_the_ring_between_the_cores_wraps_without_a_loss():
    cores, alice, bob, _, _ = call()
    payloads = [bytes([0, *random.randbytes(random.randrange(1, 1300))]) for _ in range(5000)]
    for first in range(0, 5000, 100):
        alice.send(*(packet(101 + n, ssrc=SSRC, payload=payloads[n]) for n in range(first, first + 100)))
        cores.relay()
    assert [p.payload for p in bob.rtp[1:]] == payloads
    assert cores.here.core.counters()["dropped_relay_full_packets"] == 0


def test_a_core_that_does_not_read_loses_packets_and_holds_up_nobody():
    cores, alice, bob, track, _ = call()
    carol = cores.here.peer()
    carol.subscribe(track)
    payload = VP8_KEYFRAME + bytes(1000)
    for number in range(2000):
        alice.send(packet(101 + number, ssrc=SSRC, payload=payload))
    cores.relay()
    lost = cores.here.core.counters()["dropped_relay_full_packets"]
    assert 0 < lost == 2000 - len(bob.rtp[1:])
    assert len(carol.rtp) == 2000
    alice.send(packet(2101, ssrc=SSRC, payload=VP8_KEYFRAME))
    cores.relay()
    assert bob.rtp[-1].payload == VP8_KEYFRAME


def test_a_keyframe_request_reaches_the_publisher():
    cores, alice, bob, _, _ = call()
    cores.run(SECOND)
    bob.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000))
    cores.run(50 * MS)
    assert len(keyframe_requests(alice)) == 1


def test_many_requests_from_the_other_core_are_one_to_the_publisher():
    cores, alice, _, _, mirror = call()
    cores.run(SECOND)
    for index in range(20):
        cores.there.peer().subscribe(mirror, ssrc=0x6000 + index)
    alice.send(packet(101, ssrc=SSRC))
    cores.run(100 * MS)
    for index, peer in enumerate(cores.there.peers[1:]):
        peer.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x6000 + index))
    cores.run(400 * MS)
    assert len(keyframe_requests(alice)) == 1


def test_the_first_subscriber_over_there_gets_the_cached_keyframe():
    cores = TwoCores()
    alice, bob = cores.here.peer(), cores.there.peer()
    track = alice.publish_video()
    alice.send(packet(100, ssrc=SSRC, payload=VP8_KEYFRAME))
    alice.send(*(packet(101 + n, ssrc=SSRC) for n in range(10)))
    bob.subscribe(cores.mirror(track))
    alice.send(packet(111, ssrc=SSRC))
    cores.run(100 * MS)
    assert numbers(bob) == list(range(100, 112))
    assert keyframe_requests(alice) == []
    assert cores.there.core.counters()["dropped_duplicate_packets"] == 0


def test_lost_packets_are_repaired_from_the_mirrors_own_ring():
    cores, alice, bob, _, _ = call(rtx_ssrc=0x5001, rtx_payload_types=[(96, VIDEO_RTX)])
    alice.send(*(packet(101 + n, ssrc=SSRC) for n in range(10)))
    cores.relay()
    bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[105]))
    (repeated,) = [p for p in bob.rtp if p.payload_type == VIDEO_RTX]
    assert repeated.payload == (105).to_bytes(2) + VP8_DELTA


def test_the_publishers_clock_reaches_the_subscriber():
    cores, alice, bob, _, _ = call()
    info = RtcpSenderInfo(ntp_timestamp=NTP, rtp_timestamp=90_000, packet_count=1, octet_count=2)
    alice.send_rtcp(RtcpSrPacket(ssrc=SSRC, sender_info=info))
    cores.run(1100 * MS)
    told = bob.received(RtcpSrPacket)[-1].sender_info
    elapsed_s = (told.ntp_timestamp - NTP) / 2**32
    assert 0.9 < elapsed_s <= 1.1
    assert told.rtp_timestamp == pytest.approx(90_000 + elapsed_s * 90_000, abs=2)


def test_publishing_again_goes_on_with_consecutive_numbers():
    cores, _, bob, track, _ = call()
    again = cores.here.peer()
    again.bind_video(track, ssrc=0x7000)
    again.send(packet(40_000, ssrc=0x7000, payload=VP8_KEYFRAME), packet(40_001, ssrc=0x7000))
    cores.relay()
    assert numbers(bob) == [100, 101, 102]
    assert [p.payload for p in bob.rtp[1:]] == [VP8_KEYFRAME, VP8_DELTA]


def test_simulcast_layers_stay_apart():
    cores = TwoCores()
    alice, bob = cores.here.peer(), cores.there.peer()
    cores.here.core.set_extensions(alice.handle, rid=4)
    alice.extensions._HeaderExtensionsMap__ids.rtp_stream_id = 4
    track = alice.publish_video(ssrc=None, rtx_ssrc=None, rids=[b"q", b"h"])
    bob.subscribe(cores.mirror(track))
    for number in range(3):
        for ssrc, rid in ((1, "q"), (2, "h")):
            sent = packet(number, ssrc=ssrc, payload=VP8_KEYFRAME + rid.encode(), timestamp=3000 * number)
            sent.extensions.rtp_stream_id = rid
            alice.send(sent)
            cores.relay()
    assert [p.payload[-1:] for p in bob.rtp] == [b"q", b"h", b"h", b"h"]


def test_what_is_on_its_way_to_a_removed_mirror_is_forgotten():
    cores, alice, bob, track, _ = call()
    alice.send(packet(101, ssrc=SSRC))
    cores.here.core.remove_mirror(track, cores.there.core)
    cores.relay()
    assert numbers(bob) == [100]
    assert cores.there.core.counters()["up_tracks"] == cores.there.core.counters()["down_tracks"] == 0
    cores.here.core.remove_mirror(track, cores.there.core)
    cores.here.core.remove_up_track(track)


def test_a_mirror_may_outlive_its_source():
    cores, _, bob, track, mirror = call()
    cores.here.core.remove_up_track(track)
    bob.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000))
    cores.run(200 * MS)
    cores.there.core.remove_up_track(mirror)


def test_a_subscriber_waits_for_the_first_packet_of_a_stream_from_elsewhere():
    cores = TwoCores()
    bob = cores.there.peer()
    down = bob.subscribe(cores.mirror(cores.here.core.add_up_track(is_video=True, clock_rate=90000)))
    cores.there.core.join_client(bob.handle, b"bob")
    cores.run(SECOND)
    told = cores.there.core.describe_down_track(down)
    assert (told["layer"], told["target_layer"], told["reason"]) == (None, (0, 0), "waiting for keyframe")


def test_cores_that_are_not_connected_share_no_tracks():
    rig = Rig()
    track = rig.peer().publish_video()
    with pytest.raises(KeyError):
        rig.core.mirror_up_track(track, Core())
    with pytest.raises(ValueError, match="once to each"):
        rig.core.connect(rig.core)


def test_one_of_two_connected_cores_may_go_first():
    cores, alice, _, _, _ = call()
    cores.there = None
    for number in range(10_000):
        alice.send(packet(101 + number, ssrc=SSRC, payload=VP8_DELTA))
    assert cores.here.core.counters()["received_packets"] == 10_001
