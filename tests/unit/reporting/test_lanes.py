import msgspec
import pytest

from ovrouter.reporting.lanes import REPORT_OVERHEAD_BYTES, Lanes, LanesFull
from ovrouter.reporting.report import Report


def report(number, lane, body=b"{}"):
    return Report(f"evt_{number}", lane, "sessionCreated", msgspec.Raw(body))


A1, A2, B1 = report(1, "a"), report(2, "a"), report(3, "b")


@pytest.fixture
def lanes():
    return Lanes(limit_bytes=1_000_000)


def test_each_lane_keeps_its_order(lanes):
    assert [lanes.add(each) for each in (A1, B1, A2)] == [True, True, False]
    assert lanes.head("a") is A1
    assert lanes.head("b") is B1
    lanes.settle(A1)
    assert lanes.head("a") is A2
    assert list(lanes) == [A2, B1]


def test_a_lane_ends_with_its_last_report(lanes):
    lanes.add(A1)
    assert lanes
    lanes.settle(A1)
    assert not lanes
    assert lanes.head("a") is None
    assert lanes.add(A2)


def test_what_waits_is_bounded():
    lanes = Lanes(limit_bytes=2 * (REPORT_OVERHEAD_BYTES + 10))
    for number in (1, 2):
        lanes.add(report(number, "a", body=b"1234567890"))
    with pytest.raises(LanesFull):
        lanes.add(report(3, "b", body=b"1"))
    assert [each.id for each in lanes] == ["evt_1", "evt_2"]
    assert lanes.head("b") is None
    lanes.settle(lanes.head("a"))
    lanes.add(report(3, "b", body=b"1"))
