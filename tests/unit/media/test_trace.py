"""The file of a trace: whose it is, what is in it, and what a disk that fails does."""

import io
import logging
import os
import stat
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from aioice import stun

from ovrouter import cli
from ovrouter._fastpath import Core
from ovrouter.errors import ConfigError, TraceUnreadable
from ovrouter.media import trace
from ovrouter.media.addresses import MediaAddress, open_sockets
from ovrouter.media.replay import replay_file
from ovrouter.media.trace import TraceWriter, read_records, trace_path
from ovrouter.media.worker import MediaWorker

PASSWORD = b"p" * 24
DEADLINE_S = 20


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trace"


@asynccontextmanager
async def traced_worker(path):
    addresses = (MediaAddress("127.0.0.1", "127.0.0.1"),)
    worker = MediaWorker(open_sockets(addresses, 0), addresses, trace=path)
    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(worker.run, lambda *_: None)
            yield worker
            nursery.cancel_scope.cancel()


async def check(worker, ufrag):
    """A new transport's connectivity check; returns when it is answered."""
    worker.fastpath.add_transport(ufrag, PASSWORD)
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = ufrag.decode() + ":theirs"
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(PASSWORD)
    with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as client:
        await client.connect(worker.candidates[0])
        await client.send(bytes(message))
        await client.recv(2000)


async def test_what_a_worker_did_on_its_sockets_replays(path, capsys):
    async with traced_worker(path) as worker:
        for ufrag in (b"alice", b"bobby"):
            await check(worker, ufrag)
    outcome = replay_file(path)
    assert outcome.agrees
    assert outcome.ending == "complete"
    assert outcome.datagrams == 2
    assert cli.main(["replay", str(path)]) == 0
    assert "in     2 datagrams" in capsys.readouterr().out


async def test_the_file_is_the_owners_alone_and_the_log_warns(path, caplog):
    path.write_bytes(b"x" * 10_000)
    path.chmod(0o644)
    async with traced_worker(path) as worker:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await check(worker, b"alice")
    assert replay_file(path).agrees
    (warning,) = (record for record in caplog.records if record.name == "ovrouter.trace")
    assert warning.levelno == logging.WARNING
    assert "keys" in warning.message


@pytest.mark.parametrize("name", [".", "missing/trace", "link", "pipe", "/dev/full"])
def test_a_place_where_no_file_can_be_is_named(tmp_path, name):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="OVROUTER_TRACE"):
        TraceWriter(tmp_path / name, Core())
    assert not (tmp_path / "elsewhere").exists()


def test_a_device_stays_as_it_is():
    ours, theirs = os.openpty()
    with os.fdopen(ours), os.fdopen(theirs):
        os.fchmod(theirs, 0o622)
        with pytest.raises(ConfigError, match="OVROUTER_TRACE"):
            TraceWriter(Path(os.ttyname(theirs)), Core())
        assert stat.S_IMODE(os.fstat(theirs).st_mode) == 0o622


async def test_every_byte_counts(path, capsys):
    async with traced_worker(path) as worker:
        await check(worker, b"alice")
    whole = path.read_bytes()
    for position in range(len(whole)):
        if b"\n" in whole[position:] and position >= len(trace.MAGIC) and position < whole.index(b"\n"):
            continue  # the version is for the reader
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
        assert cli.main(["replay", str(path)]) == 1, position
    assert "damaged" in capsys.readouterr().err


async def test_a_file_that_is_cut_off_agrees_as_far_as_it_goes(path):
    async with traced_worker(path) as worker:
        await check(worker, b"alice")
    path.write_bytes(path.read_bytes()[:-1])
    assert replay_file(path).ending == "ends where the router was cut off"


@pytest.mark.parametrize("content", [b"", b"something else\n", trace.MAGIC, trace.MAGIC + b"9" * 200])
def test_another_file_is_refused(content):
    with pytest.raises(TraceUnreadable, match="not a trace"):
        list(read_records(io.BytesIO(content)))


def test_a_length_beyond_all_bounds_is_refused():
    with pytest.raises(TraceUnreadable, match="damaged"):
        list(read_records(io.BytesIO(trace.MAGIC + b"1\n\xff\xff\xff\xff" + bytes(4))))


def test_a_file_that_is_not_there_is_an_error(path, capsys):
    assert cli.main(["replay", str(path)]) == 1
    assert str(path) in capsys.readouterr().err


async def test_a_full_disk_ends_the_trace_and_nothing_else(path, monkeypatch, caplog):
    def full(_path, _data):
        raise OSError(28, "No space left on device")

    async with traced_worker(path) as worker:
        monkeypatch.setattr(trace, "_append", full)
        for ufrag in (b"alice", b"bobby"):
            await check(worker, ufrag)
    assert "ends here: No space left on device" in caplog.text


async def test_a_file_that_is_taken_away_is_not_made_anew(path, caplog):
    async with traced_worker(path) as worker:
        path.unlink()
        await check(worker, b"alice")
    assert not path.exists()
    assert "ends here: No such file" in caplog.text


async def test_a_disk_that_hangs_ends_the_trace_and_nothing_else(path, monkeypatch):
    release, ended = threading.Event(), trio.Event()
    try:
        async with traced_worker(path) as worker:
            monkeypatch.setattr(trace, "_append", lambda _path, _data: release.wait(DEADLINE_S))
            monkeypatch.setattr(trace, "WRITE_S", 0.01)
            monkeypatch.setattr(trace._log, "error", lambda *_: ended.set())
            await check(worker, b"alice")
            await ended.wait()
            await check(worker, b"bobby")
    finally:
        release.set()


def test_several_workers_have_a_file_each():
    assert trace_path("", 0, 1) is None
    assert str(trace_path("/x/call", 0, 1)) == "/x/call"
    assert [str(trace_path("/x/call", worker, 2)) for worker in range(2)] == ["/x/call.0", "/x/call.1"]
