from itertools import islice

import pytest

from ovrouter.reporting.retry import LONGEST_DELAY_S, Verdict, delays_s, judge


@pytest.mark.parametrize(
    ("verdict", "statuses"),
    [
        (Verdict.DELIVERED, (200, 201, 202, 204)),
        (Verdict.UNAVAILABLE, (500, 502, 503, 504, 599, 408, 425, 429)),
        (Verdict.REFUSED, (301, 302, 303, 307, 308, 304, 400, 401, 403, 404, 405, 410, 422)),
    ],
    ids=lambda value: value.value if isinstance(value, Verdict) else "",
)
def test_statuses(verdict, statuses):
    assert {status: judge(status) for status in statuses} == dict.fromkeys(statuses, verdict)


def test_delays_double_up_to_a_bound():
    assert list(islice(delays_s(lambda: 0.0), 8)) == [0.5, 1, 2, 4, 8, 16, LONGEST_DELAY_S, LONGEST_DELAY_S]


def test_chance_takes_up_to_half_of_a_delay():
    assert list(islice(delays_s(lambda: 1.0), 3)) == [0.25, 0.5, 1]
    assert list(islice(delays_s(lambda: 0.5), 3)) == [0.375, 0.75, 1.5]
