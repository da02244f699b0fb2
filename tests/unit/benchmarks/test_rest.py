"""What the REST benchmark computes; the process under test is a stand-in."""

from __future__ import annotations

import pytest

from benchmarks import rest
from benchmarks.measure import ProcessReading
from benchmarks.rest import LISTINGS, WARM_UP, cpu_us, summary


class Process:
    """Uses CPU time when it is asked; more at first, as caches are cold."""

    def __init__(self) -> None:
        self.asked = 0
        self.cpu_s = 0.0
        self.sessions = 0

    async def ask(self) -> None:
        self.asked += 1
        self.cpu_s += 0.001 if self.asked > WARM_UP else 0.01

    async def create_session(self) -> None:
        self.sessions += 1

    async def list_sessions(self) -> list[None]:
        self.cpu_s += self.sessions / 1000
        return [None] * self.sessions

    def read(self, _pid: int) -> ProcessReading:
        return ProcessReading(self.cpu_s, {}, 0)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    process = Process()
    monkeypatch.setattr(rest, "read_process", process.read)
    return process


async def test_the_first_requests_do_not_count(process: Process) -> None:
    assert await cpu_us(1, process.ask, 50) == pytest.approx(1000)
    assert process.asked == WARM_UP + 50


async def test_listing_lists_as_many_as_it_says(process: Process) -> None:
    process.sessions = 3
    assert await rest._listing_ms(1, process, 10) == pytest.approx(10)  # type: ignore[arg-type]
    assert process.sessions == 10
    assert process.cpu_s == pytest.approx((3 + 10 + LISTINGS * 10) / 1000)


def test_shares_are_those_of_the_floors_rate() -> None:
    result = summary({"floor": [90.0, 100.0, 500.0], "get_session": [125.0, 125.0, 90.0]})
    assert result["cpu_us"] == {"floor": 100.0, "get_session": 125.0}
    assert result["share_of_floor"] == {"floor": 1.0, "get_session": pytest.approx(0.8)}
    assert result["rounds_us"]["floor"] == [90.0, 100.0, 500.0]
