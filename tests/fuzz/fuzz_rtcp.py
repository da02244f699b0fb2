"""Fuzz target: RTCP is read as an independent reader reads it, and what we write such a reader can read.

The bytes come once from a subscriber and once from a publisher, protected with their keys; the same bytes then choose
the numbers of the messages that we write.
"""

import contextlib
import itertools
import struct

import pylibsrtp
from aiortc.rtp import RtcpPacket, unpack_remb_fci

from ovrouter._fastpath._core import probe_nack, probe_remb, probe_twcc
from tests.fuzz.fuzz_core import call
from tests.unit.fastpath.rig import MS, packet
from tests.unit.fastpath.twcc_reader import decode

MAX_MESSAGES = 64
"""Of one compound; the rest is not looked at."""
MAX_SSRCS = 8
MAX_NACKS = 64
"""Numbers that one message of ours names."""
MAX_ARRIVALS = 64
SENT = 30
"""Packets that the subscriber may ask for again."""
EXECUTIONS_PER_CALL = 2000
"""A call takes longer to set up than a message to read. It ends before its consent does: each takes 10 ms of it."""
RTPFB, PSFB, NACK = 205, 206, 1


def fuzz(data: bytes) -> None:
    """Read *data* as a compound; write what it says."""
    if is_rtcp(data):
        # Every second length goes to a subscriber whose transport-wide feedback counts.
        if len(data) // 4 % 2:
            read(data)
        else:
            read_feedback(data)
    write_nack(data)
    write_twcc(data)
    write_remb(data)


def calls(*, is_estimated):
    """The call to be used, a new one now and then."""
    while True:
        rig, alice, bob = call(is_estimated=is_estimated)
        alice.send(*(packet(number, ssrc=0x1000) for number in range(2, SENT)))
        yield from itertools.repeat((rig, alice, bob), EXECUTIONS_PER_CALL)


CALLS, ESTIMATED_CALLS = calls(is_estimated=False), calls(is_estimated=True)


def read_feedback(data):
    """Whatever it says of arrivals, the estimate stays within its bounds."""
    rig, _, bob = next(ESTIMATED_CALLS)
    with contextlib.suppress(pylibsrtp.Error, ValueError):
        rig.receive((bob._out.protect_rtcp(data), bob.address))
    rig.run(10 * MS)
    assert 50_000 <= rig.core.describe_client(bob.handle)["estimate_bps"] <= 100_000_000


def read(data):
    """Both sides say it: what is asked for comes, and nothing else."""
    rig, alice, bob = next(CALLS)
    for peer in (bob, alice):
        try:
            datagram = peer._out.protect_rtcp(data)
        except (pylibsrtp.Error, ValueError):
            continue
        malformed = rig.core.counters()["dropped_rtcp_malformed_packets"]
        repaired = len(bob.rtp)
        rig.receive((datagram, peer.address))
        messages, is_whole = split(data)
        assert rig.core.counters()["dropped_rtcp_malformed_packets"] - malformed == (not is_whole)
        asked = {number for message in messages for number in asked_for(message)} if peer is bob else set()
        assert {original(repair) for repair in bob.rtp[repaired:]} <= asked
    rig.run(10 * MS)  # what was read shows in what is reported: the peers parse it


def is_rtcp(data):
    """What does not look like RTCP never reaches its parser (RFC 5761 section 4)."""
    return len(data) >= 2 and data[0] >> 6 == 2 and 192 <= data[1] <= 223


def split(data):
    """The messages of a compound, and whether it can be read to its end (RFC 3550 appendix A.2)."""
    messages = []
    while data and len(messages) < MAX_MESSAGES:
        size = 4 * (int.from_bytes(data[2:4], "big") + 1)
        if len(data) < 4 or data[0] >> 6 != 2 or size > len(data):
            return messages, False
        messages.append(data[:size])
        data = data[size:]
    return messages, True


def asked_for(message):
    """The sequence numbers that a generic NACK names (RFC 4585 section 6.2.1)."""
    if (message[0] & 0x1F, message[1]) == (NACK, RTPFB):
        for number, mask in struct.iter_unpack(">HH", message[12:]):
            yield from ((number + bit) & 0xFFFF for bit in range(17) if bit == 0 or mask >> (bit - 1) & 1)


def original(repair):
    """The number of the packet that an RTX packet repeats (RFC 4588 section 4)."""
    assert repair.ssrc == 0x5001
    return int.from_bytes(repair.payload[:2], "big")


def write_nack(data):
    """Ascending numbers with the bytes as gaps."""
    gaps = (1 + gap for gap in data[: MAX_NACKS - 1])
    wanted = [number & 0xFFFF for number in itertools.accumulate(gaps, initial=65500)]
    (message,) = RtcpPacket.parse(probe_nack(wanted))
    assert [number & 0xFFFF for number in message.lost] == wanted


def write_twcc(data):
    """Arrivals with signed gaps and waiting times."""
    arrivals, sequence, now_us = [], 65500, 64_000_000
    for gap, wait in itertools.islice(struct.iter_unpack(">bB", data[: len(data) & ~1]), MAX_ARRIVALS):
        sequence, now_us = sequence + gap, now_us + wait * wait * 100
        arrivals.append((sequence & 0xFFFF, now_us))
    true = {(sequence, now_us // 250) for sequence, now_us in arrivals}
    for feedback in probe_twcc(arrivals):
        told = {(sequence, arrival) for sequence, arrival in decode(feedback).items() if arrival is not None}
        assert told <= true


def write_remb(data):
    """A bitrate of up to 62 bits, and SSRCs."""
    bitrate_bps = 1 + int.from_bytes(data[:8], "big") // 4
    ssrcs = [ssrc for (ssrc,) in itertools.islice(struct.iter_unpack(">I", data[: len(data) & ~3]), MAX_SSRCS)]
    (message,) = RtcpPacket.parse(probe_remb(bitrate_bps, ssrcs))
    told_bps, names = unpack_remb_fci(message.fci)
    assert names == ssrcs
    assert told_bps <= bitrate_bps < told_bps * (1 + 2**-16) + 1
