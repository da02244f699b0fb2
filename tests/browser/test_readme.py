"""The 60-second call of README.md, word for word."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.participant import Participant
from tests.browser.router_process import REPOSITORY, run_router

COMMAND_TIMEOUT_S = 20


def shell_of_section(title: str) -> str:
    """The indented code of one section of README.md."""
    text = (REPOSITORY / "README.md").read_text()
    section = text.split(f"## {title}\n")[1].split("\n## ")[0]
    return textwrap.dedent("\n".join(re.findall(r"^    .*$", section, re.MULTILINE)))


def test_the_commands_give_a_token_that_makes_a_call(browser: Browser, pages_url: str, tmp_path: Path) -> None:
    assert shutil.which("curl"), "curl is missing; install it with: apt install curl"
    data = tmp_path / ".local" / "share" / "ovrouter"
    with run_router(tmp_path, OPENVIDU_SECRET="", OVROUTER_DATA_DIR=str(data)) as router:
        script = shell_of_section("A call in 60 seconds").replace("localhost:4443", f"localhost:{router.port}")
        answers = run_shell(script, home=tmp_path)
        session, connection = (json.loads(answer) for answer in answers.replace("}{", "}\n{").splitlines())

        participant = Participant(browser, pages_url)
        participant.connect(connection["token"])

        assert session["id"] == connection["sessionId"] == "room"
        assert participant.connection_id == connection["id"]
        participant.close()


def run_shell(script: str, *, home: Path) -> str:
    """Standard output of *script*."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = ["sh", "-e", "-c", script]
    return subprocess.run(
        command, env=environment, capture_output=True, check=True, text=True, timeout=COMMAND_TIMEOUT_S
    ).stdout
