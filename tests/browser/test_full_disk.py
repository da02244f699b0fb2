"""A disk with no room left: the application is told at once, the call goes on, and what was written plays."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.browser.downloads import Media, Recordings
from tests.browser.event_log import EventLog
from tests.browser.layouts import CUSTOM, install_layouts
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess, run_router

RECORDED_S = 5
LOST_S = 2.5
"""Of what had been recorded, at most."""
TOLD_WITHIN_MS = 5_000
DISK_BYTES = 64 << 20
BLOCK = bytes(1 << 16)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the router, and nobody else, has a disk of its own."""
    return tmp_path_factory.mktemp("disk")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    return EventLog(tmp_path_factory.mktemp("cdr"))


@pytest.fixture(scope="module")
def router(disk: Path, events: EventLog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouterProcess]:
    settings = {
        "OPENVIDU_CDR": "true",
        "OPENVIDU_CDR_PATH": str(events.folder),
        "OPENVIDU_RECORDING": "true",
        "OPENVIDU_RECORDING_PATH": str(disk),
        "OVROUTER_RECORDING_MIN_FREE_MB": "1",
        **install_layouts(tmp_path_factory.mktemp("layouts")),
    }
    mount = f'mount -t tmpfs -o size={DISK_BYTES} tmpfs "$0" && exec "$@"'
    become_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    within = ["unshare", "--mount", *become_root, "sh", "-c", mount, str(disk)]
    with run_router(tmp_path_factory.mktemp("router"), within=within, **settings) as process:
        yield process


@pytest.fixture
def full_disk(router: RouterProcess, disk: Path) -> Iterator[FullDisk]:
    with FullDisk(Path(f"/proc/{router.process.pid}/root{disk}")) as full_disk:
        yield full_disk


class FullDisk:
    """The disk as the router sees it, which can be filled; it is emptied in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.empty()

    def fill(self) -> None:
        """Write until nothing more goes in."""
        try:
            with self._filler.open("wb", buffering=0) as file:
                while True:
                    file.write(BLOCK)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - nothing else ends the loop

    def empty(self) -> None:
        """Take away what filled it."""
        self._filler.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "options",
    [
        {"outputMode": "INDIVIDUAL"},
        {"outputMode": "COMPOSED", "resolution": "320x240"},
        {"outputMode": "COMPOSED", **CUSTOM},
    ],
)
def test_what_a_full_disk_ends_is_told_and_plays(
    meeting: Meeting,
    router: RouterProcess,
    events: EventLog,
    full_disk: FullDisk,
    tmp_path: Path,
    options: dict[str, Any],
) -> None:
    recordings = Recordings(router)
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    recording = recordings.start(meeting.session_id, **options)
    time.sleep(RECORDED_S)

    full_disk.fill()
    full_ms = time.time_ns() // 1_000_000
    event = events.wait_for("recordingStatusChanged", id=recording["id"], status="failed")
    assert event["timestamp"] - full_ms < TOLD_WITHIN_MS
    assert alice.wait_for("recordingStopped")["reason"] == event["reason"]
    assert recordings.get(recording["id"])["status"] == "failed"
    bob.sees(stream)
    folder = full_disk.folder / recording["id"]
    (written,) = (path for path in folder.iterdir() if path.suffix in {".webm", ".mp4"})
    assert Media(written).picture_times[-1] > RECORDED_S - LOST_S

    full_disk.empty()
    finished = recordings.wait_for_url(recording["id"])
    assert finished["status"] == "failed"
    assert finished["duration"] > RECORDED_S - LOST_S
    assert recordings.played_s(finished, tmp_path) > RECORDED_S - LOST_S
    recordings.delete(finished["id"])
    assert not folder.exists()


def test_nothing_begins_on_a_full_disk(meeting: Meeting, router: RouterProcess, full_disk: FullDisk) -> None:
    meeting.join()
    full_disk.fill()
    answer = router.rest.post("/openvidu/api/recordings/start", json={"session": meeting.session_id})
    assert "0 MiB are free" in answer.text
    assert not list(full_disk.folder.glob(f"{meeting.session_id}*"))
