import json
import os
import threading
from datetime import datetime, timedelta

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter.reporting.cdr import open_cdr_log
from ovrouter.reporting.cdr_names import KEPT_DAYS

STARTED = datetime(2024, 3, 1, 23, 59, 58)  # noqa: DTZ001 - local time
DEADLINE_S = 60


class Clock:
    def __init__(self):
        self.now = STARTED

    def __call__(self):
        return self.now


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_each_event_is_a_line_of_todays_file(tmp_path):
    folder = tmp_path / "new" / "cdr"
    async with open_cdr_log(folder, now=Clock()) as log:
        log.report("sessionCreated", {"sessionId": "ses_Ä", "timestamp": 1})
        log.report("signalSent", {"data": "two\nlines", "type": None})
        await log.durable()
        (path,) = folder.iterdir()
        assert path.name == "CDR.2024-03-01_23-59-58.log"
        assert path.read_bytes().decode() == (
            '{"sessionCreated":{"sessionId":"ses_Ä","timestamp":1}}\n'
            '{"signalSent":{"data":"two\\nlines","type":null}}\n'
        )


async def test_a_new_day_has_a_new_file(tmp_path):
    clock = Clock()
    async with open_cdr_log(tmp_path, now=clock) as log:
        log.report("a", {})
        await log.durable()
        clock.now += timedelta(seconds=3)
        log.report("b", {})
        await log.durable()
        clock.now -= timedelta(seconds=3)  # a clock set back does not bring the old file back
        log.report("c", {})
    assert lines(tmp_path / "CDR.2024-03-01_23-59-58.log") == [{"a": {}}]
    assert lines(tmp_path / "CDR.2024-03-02_23-59-58.log") == [{"b": {}}, {"c": {}}]


async def test_old_files_go_and_others_stay(tmp_path):
    old = tmp_path / f"CDR.{STARTED - timedelta(days=KEPT_DAYS + 1):%Y-%m-%d}_10-00-00.log"
    other = tmp_path / "CDR.notes.log"
    old.touch()
    other.touch()
    async with open_cdr_log(tmp_path, now=Clock()):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["CDR.2024-03-01_23-59-58.log", "CDR.notes.log"]


async def test_what_was_reported_last_is_written_also_when_cancelled(tmp_path, monkeypatch):
    is_syncing, disk_may_sync = trio.Event(), threading.Event()

    def sync_later(_):
        trio.from_thread.run_sync(is_syncing.set)
        disk_may_sync.wait(DEADLINE_S)

    monkeypatch.setattr("os.fdatasync", sync_later)

    async def report_until_cancelled():
        async with open_cdr_log(tmp_path, now=Clock()) as log:
            log.report("a", {})
            try:
                await trio.sleep_forever()
            finally:
                log.report("b", {})

    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as outer, trio.open_nursery() as inner:
            inner.start_soon(report_until_cancelled)
            await is_syncing.wait()
            inner.cancel_scope.cancel()
            outer.start_soon(release_when_quiet, disk_may_sync)
    assert lines(tmp_path / "CDR.2024-03-01_23-59-58.log") == [{"a": {}}, {"b": {}}]


async def release_when_quiet(event):
    await wait_all_tasks_blocked()
    event.set()


async def test_a_start_within_the_same_second_keeps_the_file(tmp_path):
    for name in ("a", "b"):
        async with open_cdr_log(tmp_path, now=Clock()) as log:
            log.report(name, {})
    assert lines(tmp_path / "CDR.2024-03-01_23-59-58.log") == [{"a": {}}, {"b": {}}]


async def test_a_folder_that_cannot_be_made_is_an_error_at_the_start(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        async with open_cdr_log(tmp_path / "file" / "cdr"):
            pytest.fail("it started")


async def test_a_full_disk_loses_whole_lines(tmp_path, monkeypatch, caplog):
    write = os.write

    def fail(descriptor, content):
        write(descriptor, content[:5])
        raise OSError("No space left on device")

    async with open_cdr_log(tmp_path, now=Clock()) as log:
        log.report("a", {})
        await log.durable()
        with monkeypatch.context() as patch:
            patch.setattr("os.write", fail)
            log.report("b", {})
            await log.durable()
        log.report("c", {})
    assert lines(tmp_path / "CDR.2024-03-01_23-59-58.log") == [{"a": {}}, {"c": {}}]
    assert "No space left on device; until this is mended events are lost" in caplog.text
    assert "works again; events that were lost: 1" in caplog.text
