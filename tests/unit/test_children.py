"""Children do what they are told, end when they should, and leave nothing behind. All of them are real processes."""

import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from ovrouter.children import RestartBudget, open_child

DEADLINE_S = 30

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('{}', flush=True)\ntime.sleep(60)"


@asynccontextmanager
async def running(code, **options):
    with trio.fail_after(DEADLINE_S):
        async with open_child([sys.executable, "-c", code], name="child", **options) as child:
            yield child


def is_there(pid):
    return Path(f"/proc/{pid}").exists()


async def test_a_child_hears_and_answers_in_lines_of_json():
    async with running(ECHO) as child:
        for number in range(3):
            await child.send({"number": number})
            assert await child.receive() == {"number": number}


async def test_a_child_lets_the_router_go_first():
    async with running(ECHO) as child:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) > os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_child_finishes_when_its_block_ends_and_is_reaped():
    async with running(ECHO) as child:
        pass
    assert await child.wait() == 0
    assert not is_there(child.pid)


async def test_a_child_that_does_not_finish_is_killed():
    async with running(STUBBORN, finish_s=0.1) as child:
        await child.receive()
    assert await child.wait() == -signal.SIGKILL
    assert not is_there(child.pid)


async def test_a_cancelled_block_still_ends_its_child():
    with trio.CancelScope() as scope:
        async with running(ECHO) as child:
            scope.cancel()
            await trio.sleep_forever()
    assert not is_there(child.pid)


async def test_the_end_of_a_child_is_seen():
    async with running("raise SystemExit(7)") as child:
        assert await child.wait() == 7
        assert await child.receive() is None
        with pytest.raises(trio.BrokenResourceError):
            await child.send({"padding": "x" * 1_000_000})


async def test_what_is_no_object_is_passed_over():
    async with running("print('warming up')\nprint('[1]')\nprint('{\"ok\": 1}')") as child:
        assert [await child.receive() for _ in range(2)] == [{"ok": 1}, None]


async def test_children_inherit_no_descriptor_and_no_setting(monkeypatch):
    monkeypatch.setenv("OPENVIDU_SECRET", "do not tell")
    code = (
        "import json, os\n"
        "fds = [os.readlink(f'/proc/self/fd/{fd}') for fd in range(3, 200) if os.path.exists(f'/proc/self/fd/{fd}')]\n"
        "print(json.dumps({'fds': [fd for fd in fds if not fd.startswith('/proc')], 'env': dict(os.environ)}))"
    )
    with trio.socket.socket() as sock:
        os.set_inheritable(sock.fileno(), True)
        async with running(code) as child:
            report = await child.receive()
    assert report["fds"] == []
    assert "OPENVIDU_SECRET" not in report["env"]
    assert "PATH" in report["env"]


async def test_what_cannot_be_started_says_so():
    with pytest.raises(FileNotFoundError):
        async with open_child(["/nonexistent/program"], name="nothing"):
            pass


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
from ovrouter.parent_watch import die_with_parent
die_with_parent()
print("ready", flush=True)
import time; time.sleep(60)
'''], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


async def test_a_child_dies_with_its_parent_even_if_it_looks_at_nothing():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)  # noqa: ASYNC220
    with parent:
        pid = int(await trio.to_thread.run_sync(parent.stdout.readline))
        pidfd = os.pidfd_open(pid)
        parent.kill()
        with trio.fail_after(5):
            await trio.lowlevel.wait_readable(pidfd)
        os.close(pidfd)


def test_a_budget_of_restarts_is_used_up_and_comes_back():
    budget = RestartBudget(restarts=2, within_s=60)
    assert [budget.take(now_s) for now_s in (0, 10, 20, 61, 65, 71)] == [True, True, False, True, False, True]
