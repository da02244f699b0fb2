"""The jitter buffer, from every start that makes numbers wrap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter.depacketize.jitter import MAX_WAIT_US, MAX_WAITING, JitterBuffer

STARTS = [base + offset for base in (0, 2**15, 2**16) for offset in (-3, -2, -1, 0, 1, 2, 3)]
each_start = pytest.mark.parametrize("start", STARTS)


def fed(start, order, now_us=0):
    buffer = JitterBuffer()
    for number in order:
        buffer.add((start + number) & 0xFFFF, number, now_us)
    return buffer


def taken(buffer, now_us=0):
    return list(buffer.take(now_us))


@each_start
def test_packets_in_order_go_straight_through(start):
    buffer = fed(start, [])
    for number in range(8):
        buffer.add((start + number) & 0xFFFF, number, 0)
        assert taken(buffer) == [(number, False)]


@each_start
def test_packets_are_put_in_order(start):
    buffer = fed(start, [0, 3, 1, 2, 5, 4])
    assert taken(buffer) == [(number, False) for number in range(6)]


@each_start
def test_a_missing_packet_is_waited_for(start):
    buffer = fed(start, [0, 2, 3])
    assert taken(buffer) == [(0, False)]
    assert taken(buffer, MAX_WAIT_US - 1) == []
    buffer.add((start + 1) & 0xFFFF, 1, MAX_WAIT_US - 1)
    assert taken(buffer, MAX_WAIT_US - 1) == [(1, False), (2, False), (3, False)]
    assert buffer.lost_packets == 0


@each_start
def test_a_missing_packet_is_given_up_in_the_end(start):
    buffer = fed(start, [0, 3, 4, 6])
    assert taken(buffer) == [(0, False)]
    assert taken(buffer, MAX_WAIT_US) == [(3, True), (4, False), (6, True)]
    assert buffer.lost_packets == 3
    buffer.add((start + 1) & 0xFFFF, 1, 2 * MAX_WAIT_US)
    assert taken(buffer, 3 * MAX_WAIT_US) == []
    assert buffer.late_packets == 1


@each_start
def test_copies_are_left_out(start):
    buffer = fed(start, [0, 0, 2, 2, 1])
    assert taken(buffer) == [(0, False), (1, False), (2, False)]
    assert buffer.late_packets == 2


def test_the_wait_counts_from_when_the_gap_showed():
    buffer = fed(0, [0])
    taken(buffer)
    buffer.add(2, 2, 10 * MAX_WAIT_US)
    assert taken(buffer, 10 * MAX_WAIT_US) == []
    assert taken(buffer, 11 * MAX_WAIT_US) == [(2, True)]


def test_losses_one_after_another_do_not_add_up():
    buffer, delays_us = JitterBuffer(), []
    for number in (number for number in range(2000) if number % 20):
        buffer.add(number, number, number * 20_000)
        delays_us += [(number - taken_number) * 20_000 for taken_number, _ in taken(buffer, number * 20_000)]
    assert max(delays_us) <= MAX_WAIT_US
    assert [number for number, _ in taken(buffer, 2000 * 20_000 + MAX_WAIT_US)][-1] == 1999


def test_it_holds_no_more_than_its_bound():
    buffer = fed(0, [0, *range(2, MAX_WAITING + 1)])
    assert taken(buffer) == [(0, False)]
    buffer.add(MAX_WAITING + 1, MAX_WAITING + 1, 0)
    assert len(taken(buffer)) == MAX_WAITING


def test_another_numbering_begins_at_once():
    buffer = fed(100, [0, 2])
    assert taken(buffer) == [(0, False)]
    buffer.add(30000, "new", 1)
    buffer.add(30001, "newer", 1)
    assert taken(buffer, 1) == [("new", True), ("newer", False)]


@given(st.integers(0, 65535), st.permutations(range(12)), st.sets(st.integers(1, 11)))
def test_whatever_comes_leaves_in_order_and_once(start, order, lost):
    order = [0] + [number for number in order if number not in lost and number]
    buffer = fed(start, order)
    out = taken(buffer)
    for step in range(1, 13):
        out += taken(buffer, step * MAX_WAIT_US)
    numbers = [number for number, _ in out]
    assert numbers == sorted(order)
    for (number, has_gap), before in zip(out[1:], numbers, strict=False):
        assert has_gap == (number != before + 1)
