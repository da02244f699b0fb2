import sys

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ovrouter.reporting.report import Report, line_of, pending, settled_line


def report(number, lane="ses_A_1", body=b'{"a": 1.0,"\xc3\xa4":null}'):
    return Report(f"evt_{number}", lane, "sessionCreated", msgspec.Raw(body))


REPORTS = [report(number) for number in range(4)]
LINES = [line_of(each) for each in REPORTS]


def test_a_line_is_one_line():
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in [*LINES, settled_line(REPORTS[0])])


def test_what_is_not_settled_is_pending_in_its_order():
    found, unreadable = pending([*LINES, settled_line(REPORTS[1]), settled_line(REPORTS[3])])
    assert [each.id for each in found] == ["evt_0", "evt_2"]
    assert unreadable == 0


def test_the_body_comes_back_byte_for_byte():
    (found,), _ = pending(LINES[:1])
    assert bytes(found.body) == bytes(REPORTS[0].body)
    assert (found.id, found.lane, found.name) == ("evt_0", "ses_A_1", "sessionCreated")


def test_a_pending_report_does_not_keep_its_line():
    line = line_of(REPORTS[0])
    before = sys.getrefcount(line)
    found, _ = pending([line])
    assert found == [REPORTS[0]]
    assert sys.getrefcount(line) == before


def test_a_line_that_was_written_twice_counts_once():
    assert [each.id for each in pending([*LINES, LINES[0]])[0]] == ["evt_0", "evt_1", "evt_2", "evt_3"]


def test_a_mark_may_outlive_its_report():
    assert pending([settled_line(REPORTS[0]), LINES[1]]) == ([REPORTS[1]], 0)


def test_unreadable_lines_cost_no_other():
    damaged = [b"\0" * 40, b"\xff\xfe", b'{"kind":"unknown"}', b'{"kind":"report","id":1}', b"[]", LINES[0][:-9]]
    found, unreadable = pending([LINES[1], *damaged, LINES[2]])
    assert [each.id for each in found] == ["evt_1", "evt_2"]
    assert unreadable == len(damaged)


@given(st.integers(min_value=0, max_value=len(b"".join(LINES))))
def test_a_torn_file_gives_every_whole_line(length):
    content = b"".join(LINES)[:length]
    found, unreadable = pending(content.splitlines())
    whole = content.count(b"\n")
    # The last line may lack its line break alone: then it is whole as well.
    assert len(found) + unreadable == len(content.splitlines())
    assert found[:whole] == REPORTS[:whole]
    assert len(found) in (whole, whole + 1)


@given(st.binary())
def test_no_content_is_a_failure(content):
    pending(content.splitlines())
