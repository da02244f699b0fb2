"""How soon a joiner sees something: Chromium with openvidu-browser, one page after another (warm)."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.results import keep

__all__ = ["SUMMARY", "add_arguments", "run_command"]

SUMMARY = "time from connect() to the first decoded frame in Chromium"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--joins", type=int, default=11)


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON. The first join, which warms everything up, does not count."""
    waits_ms = _measure(options.joins + 1)[1:]
    keep("first_frame", {"median_ms": statistics.median(waits_ms), "joins_ms": waits_ms})
    return 0


def _measure(joins: int) -> list[float]:
    # Playwright comes with the tests, not with the other commands' libraries.
    from tests.browser.chromium import launch_chromium, serve_pages  # noqa: PLC0415
    from tests.browser.meeting import Meeting  # noqa: PLC0415
    from tests.browser.router_process import run_router  # noqa: PLC0415

    waits_ms = []
    with (
        tempfile.TemporaryDirectory() as folder,
        run_router(Path(folder)) as router,
        serve_pages() as pages_url,
        launch_chromium() as browser,
        Meeting(router, browser, pages_url) as meeting,
    ):
        stream_id = meeting.join().publish()
        for _ in range(joins):
            viewer = meeting.join("SUBSCRIBER")
            viewer.sees_something(stream_id)
            waits_ms.append(viewer.first_frame_ms())
            viewer.close()
    return waits_ms
