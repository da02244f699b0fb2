import os
import stat
from contextlib import closing

import msgspec
import pytest

from ovrouter import ConfigError
from ovrouter.reporting import journal as journal_module
from ovrouter.reporting.journal import Journal
from ovrouter.reporting.report import Report, line_of, settled_line


def report(number, body=b"{}"):
    return Report(f"evt_{number}", "ses_A_1", "sessionCreated", msgspec.Raw(body))


ONE, TWO, THREE = report(1), report(2), report(3)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "webhooks"


@pytest.fixture
def journal(folder):
    with closing(Journal(folder)) as opened:
        yield opened


def kept(journal):
    reports, unreadable = journal.load()
    assert unreadable == 0
    return reports


def full_disk(*_):
    raise OSError("No space left on device")


def test_a_new_one_is_empty_and_private(journal, folder):
    assert kept(journal) == []
    assert journal.must_be_rewritten
    journal.rewrite([])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "journal").stat().st_mode) == 0o600


def test_what_was_written_is_found_by_the_next(folder):
    with closing(Journal(folder)) as journal:
        journal.rewrite([ONE])
        journal.append([line_of(TWO), line_of(THREE)])
        journal.append([settled_line(ONE)])
        assert kept(journal) == [TWO, THREE]
    with closing(Journal(folder)) as following:
        assert kept(following) == [TWO, THREE]


def test_a_torn_line_is_gone_after_the_next_rewrite(journal, folder):
    journal.rewrite([ONE])
    with (folder / "journal").open("ab") as file:
        file.write(line_of(TWO)[:-5])
    reports, unreadable = journal.load()
    assert (reports, unreadable) == ([ONE], 1)
    journal.rewrite(reports)
    journal.append([line_of(THREE)])
    assert kept(journal) == [ONE, THREE]


def test_it_is_rewritten_when_it_has_doubled(journal, monkeypatch):
    line = line_of(ONE)
    monkeypatch.setattr(journal_module, "SMALLEST_REWRITE_BYTES", 1)
    journal.rewrite([ONE, TWO])
    assert not journal.must_be_rewritten
    journal.append([line])
    assert not journal.must_be_rewritten
    journal.append([line])
    assert journal.must_be_rewritten
    journal.rewrite([THREE])
    assert kept(journal) == [THREE]


def test_a_small_one_is_not_rewritten(journal):
    journal.rewrite([])
    journal.append([line_of(ONE)] * 100)
    assert not journal.must_be_rewritten


def test_after_a_failure_it_is_rewritten(journal, monkeypatch):
    journal.rewrite([ONE])
    with monkeypatch.context() as patch:
        patch.setattr("os.write", full_disk)
        with pytest.raises(OSError, match="No space"):
            journal.append([line_of(TWO)])
    assert journal.must_be_rewritten
    assert kept(journal) == [ONE]
    journal.rewrite([ONE, TWO])
    assert not journal.must_be_rewritten
    assert kept(journal) == [ONE, TWO]


def test_a_rewrite_that_fails_changes_nothing(journal, folder, monkeypatch):
    journal.rewrite([ONE])
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full_disk)
        with pytest.raises(OSError, match="No space"):
            journal.rewrite([TWO])
    assert kept(journal) == [ONE]
    assert os.listdir(folder) == ["journal"]
    journal.append([line_of(THREE)])
    assert kept(journal) == [ONE, THREE]


def test_two_routers_do_not_share_one(folder):
    with closing(Journal(folder)), pytest.raises(ConfigError, match=r"another router keeps its events there"):
        Journal(folder)
    Journal(folder).close()
