from datetime import date, datetime, timedelta

import pytest

from ovrouter.reporting.cdr_names import KEPT_BYTES, KEPT_DAYS, cdr_name, day_of, expired

TODAY = date(2024, 3, 1)


def name(days_ago, time="10-00-00"):
    return f"CDR.{TODAY - timedelta(days=days_ago):%Y-%m-%d}_{time}.log"


def test_a_name_has_the_day_of_its_events_and_the_time_of_the_start():
    started = datetime(2024, 2, 28, 9, 8, 7)  # noqa: DTZ001 - local time
    assert cdr_name(started.date(), started) == "CDR.2024-02-28_09-08-07.log"
    assert cdr_name(TODAY, started) == "CDR.2024-03-01_09-08-07.log"
    assert day_of(cdr_name(TODAY, started)) == TODAY


@pytest.mark.parametrize("other", ["CDR.log", "CDR.2024-13-01_00-00-00.log", "x.CDR.2024-03-01_00-00-00.log", "secret"])
def test_other_names_are_no_cdr_files(other):
    assert day_of(other) is None


def test_files_go_after_their_time():
    files = [(name(days), 1) for days in (KEPT_DAYS + 1, KEPT_DAYS, 1, 0)]
    assert list(expired(files, TODAY)) == [name(KEPT_DAYS + 1)]


def test_the_oldest_files_go_when_all_are_too_big():
    files = [(name(days), KEPT_BYTES // 2) for days in (3, 2, 1)]
    assert list(expired(files, TODAY)) == [name(3)]


def test_today_stays_whatever_its_size():
    assert list(expired([(name(0), 2 * KEPT_BYTES)], TODAY)) == []
