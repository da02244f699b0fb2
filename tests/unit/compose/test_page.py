"""A real browser without a screen, what it shows and plays, and its end."""

import os
import signal
import statistics
import threading
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import av
import pytest
import trio

from ovrouter.compose.orders import OpenPage, Start
from ovrouter.compose.page.composition import open_page
from ovrouter.errors import CompositionFailed
from tests.browser.downloads import Media
from tests.browser.processes import PAGE_BROWSER, command_of, descendants, is_running

CLOCK = (Path(__file__).parents[2] / "fixtures/layouts/clock.html").as_uri()
DEADLINE_S = 120
ENDS_WITHIN_S = 5
FILE_BYTES = 30_000


@asynccontextmanager
async def showing(url=CLOCK, width=320, height=180):
    with trio.fail_after(DEADLINE_S):
        async with open_page(OpenPage(url, width, height), "page") as page:
            yield page


async def gone(pids):
    with trio.fail_after(ENDS_WITHIN_S):
        while any(map(is_running, pids)):  # noqa: ASYNC110 - they are not our children
            await trio.sleep(0.02)


async def grown(path, size_bytes=FILE_BYTES):
    while not path.exists() or path.stat().st_size < size_bytes:  # noqa: ASYNC110 - a file system tells nobody
        await trio.sleep(0.05)


async def test_a_page_is_seen_and_heard_at_once(tmp_path):
    async with showing() as page:
        await page.start(Start(str(tmp_path / "clock.mp4"), "mp4", 320, 180, 25))
        await trio.sleep(6)
        await page.stop()
        pids = descendants(page.pid)
    assert not any(map(is_running, pids))
    media = Media(tmp_path / "clock.mp4")
    assert media.codecs == {"video": "h264", "audio": "aac"}
    assert set(media.sizes) == {(320, 180)}
    assert media.duration_s == pytest.approx(6, abs=0.5)
    flashes, claps = media.flashes_s(), media.claps_s()
    assert len(flashes) >= 4
    assert abs(statistics.median(min((clap - flash for clap in claps), key=abs) for flash in flashes)) < 0.1


async def test_one_page_is_written_again_and_again_and_also_without_sound(tmp_path):
    async with showing() as page:
        for number, has_audio in enumerate((False, True)):
            path = tmp_path / f"{number}.mp4"
            await page.start(Start(str(path), "mp4", 320, 180, 10, has_audio))
            await grown(path, 24_000)
            await page.stop()
            with av.open(str(path)) as container:
                assert len(container.streams.audio) == has_audio
                assert sum(1 for _ in container.decode(video=0)) > 5


@pytest.mark.parametrize(
    ("program", "explanation"),
    [("Xvfb", "screen"), ("pulseaudio", "sound card ended"), (PAGE_BROWSER, "browser ended"), ("renderer", "crashed")],
)
async def test_what_was_written_is_kept_when_a_program_behind_the_page_dies(tmp_path, program, explanation):
    async with showing() as page:
        path = tmp_path / "clock.mp4"
        await page.start(Start(str(path), "mp4", 320, 180, 25))
        await grown(path)
        pids = descendants(page.pid)
        killed = renderer_of(pids) if program == "renderer" else next(pid for pid in pids if program in command_of(pid))
        os.kill(killed, signal.SIGKILL)
        with trio.fail_after(ENDS_WITHIN_S):
            await page.ended.wait()
        assert explanation in page.failure
    await gone(pids)
    with av.open(str(path)) as container:
        assert container.duration / 1e6 > 1
        assert sum(1 for _ in container.decode(video=0)) > 25


def renderer_of(pids):
    """The process that shows the page, not the browser's own surfaces."""
    commands = {pid: command_of(pid) for pid in pids}
    return max(
        (pid for pid, words in commands.items() if "--type=renderer" in words and "--top-chrome-webui" not in words),
        key=cpu_ticks,
    )


def cpu_ticks(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


async def test_nothing_survives_the_process(tmp_path):
    async with showing() as page:
        pids = descendants(page.pid)
        for program in ("Xvfb", "pulseaudio", PAGE_BROWSER):
            assert any(program in command_of(pid) for pid in pids)
        os.kill(page.pid, signal.SIGKILL)
        await page.ended.wait()
        await gone(pids)


async def test_a_missing_program_is_named_with_the_command_that_gets_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompositionFailed, match="apt-get install chromium xvfb pulseaudio"):
        async with showing():
            pytest.fail("there is nothing to show")


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


@contextmanager
def refusing_server():
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


async def test_a_page_that_the_server_refuses_is_not_shown():
    with refusing_server() as url, pytest.raises(CompositionFailed, match="answers 404"):
        async with showing(url):
            pytest.fail("there is nothing to show")
