import pytest

from benchmarks.joins import joining
from benchmarks.measure import ProcessReading


def test_the_routers_own_thread_is_told_from_those_that_forward() -> None:
    before = ProcessReading(cpu_s=1.0, threads={"ovrouter/70": 0.4, "worker/71": 0.6}, rss_bytes=0)
    after = ProcessReading(cpu_s=2.0, threads={"ovrouter/70": 0.9, "worker/71": 1.0, "worker/170": 0.1}, rss_bytes=0)
    result = joining(70, 100, 4.0, before, after)
    assert result.joins_per_s == 25
    assert result.cpu_ms_per_join == pytest.approx(10)
    assert result.control_cpu_ms_per_join == pytest.approx(5)
