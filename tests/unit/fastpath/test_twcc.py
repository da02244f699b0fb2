"""Transport-wide feedback, decoded by an independent reader of the draft."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_twcc
from tests.unit.fastpath.twcc_reader import decode


@pytest.mark.parametrize("start", [0, 1, 100, 32766, 32767, 32768, 65530, 65534, 65535])
def test_arrivals_and_losses_are_told(start):
    arrivals = [(start + index, 10_000_000 + index * 1000) for index in range(20) if index not in (3, 4, 11)]
    (packet,) = probe_twcc(arrivals)
    told = decode(packet)
    assert len(told) == 20
    for index in range(20):
        expected = None if index in (3, 4, 11) else (10_000_000 + index * 1000) // 250
        assert told[(start + index) & 0xFFFF] == expected


def test_reordered_packets_have_negative_deltas():
    told = decode(probe_twcc([(10, 64_000_000), (12, 64_002_000), (11, 64_003_000), (13, 64_004_000)])[0])
    assert [told[n] - told[10] for n in (10, 11, 12, 13)] == [0, 12, 8, 16]


def test_a_pause_longer_than_a_delta_begins_a_new_message():
    packets = probe_twcc([(1, 64_000_000), (2, 64_000_000 + 9_000_000)])
    assert [sorted(decode(packet)) for packet in packets] == [[1], [2]]


def test_messages_are_numbered():
    packets = probe_twcc([(n, 64_000_000 + n * 100) for n in range(1000)])
    assert [packet[19] for packet in packets] == list(range(len(packets)))
    assert len(packets) == 3


@given(st.integers(0, 65535), st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40_000)), min_size=1, max_size=900))
def test_every_arrival_is_told_once(start, steps):
    arrivals, sequence, now = {}, start, 64_000_000
    for gap, elapsed in steps:
        sequence, now = sequence + gap, now + elapsed
        arrivals[sequence & 0xFFFF] = now // 250
    told = {}
    pairs = []
    sequence, now = start, 64_000_000
    for gap, elapsed in steps:
        sequence, now = sequence + gap, now + elapsed
        pairs.append((sequence, now))
    for packet in probe_twcc(pairs):
        for number, arrival in decode(packet).items():
            assert number not in told
            told[number] = arrival
    assert {number: arrival for number, arrival in told.items() if arrival is not None} == arrivals
