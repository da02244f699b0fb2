import pytest

from benchmarks.listing import Round, summary


def one(quiet_p99_us: float, listing_p99_us: float) -> Round:
    return Round(
        quiet_p50_us=100.0,
        quiet_p99_us=quiet_p99_us,
        listing_p50_us=110.0,
        listing_p99_us=listing_p99_us,
        listings=10,
        lost_packets=0,
    )


def test_what_moved_is_compared_within_each_round() -> None:
    result = summary([one(1000, 1100), one(2000, 2000), one(500, 1500)])
    assert result["listing_p99 / quiet_p99"] == pytest.approx(1.1)
    assert result["median"]["quiet_p99_us"] == 1000
    assert result["median"]["listing_p99_us"] == 1500
    assert [round_["quiet_p99_us"] for round_ in result["rounds"]] == [1000, 2000, 500]
