"""The command line: exit status, what goes to stdout and stderr, signals."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from ovrouter import __version__, bench, cli
from ovrouter.config_sample import sample
from ovrouter.config_sources import ConfigSources, read_env_file
from ovrouter.data_files import ensure_secret

DEADLINE_S = 30
SECRET = "very-s3cret"

QUIET = ("--set", "OVROUTER_LOG_LEVEL=error")

STUCK_AT_THE_END = """
import sys, trio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from ovrouter import cli, serve

@asynccontextmanager
async def stuck_router(config, change):
    yield SimpleNamespace(url="https://localhost:1", wait_restarted=trio.sleep_forever)
    print("stopping", flush=True)
    await trio.sleep_forever()

serve.open_router = stuck_router
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def settings(tmp_path):
    assignments = {
        "HTTPS_PORT": "0",
        "OVROUTER_DATA_DIR": str(tmp_path / "data"),
        "OVROUTER_LISTEN_IP": "127.0.0.1",
        "OVROUTER_MEDIA_IP": "127.0.0.1",
        "OVROUTER_MEDIA_PORT": "0",
    }
    return [word for name, value in assignments.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("OPENVIDU_", "OVROUTER_", "COTURN_")):
            monkeypatch.delenv(name)


@contextmanager
def running(*arguments, script=("-m", "ovrouter")):
    """``ovrouter serve`` in a process of its own, after its ready line."""
    command = [sys.executable, *script, "serve", *arguments]
    root = os.path.dirname(os.path.dirname(cli.__file__))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root}
    ) as process:
        try:
            ready = process.stdout.readline()
            assert ready.startswith("ready https://localhost:"), process.stderr.read()
            yield process, ready.split()[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_until_signal(settings, number):
    with running(*settings, "--set", f"OPENVIDU_SECRET={SECRET}") as (process, url):
        answer = httpx.get(f"{url}/openvidu/api/sessions", auth=("OPENVIDUAPP", SECRET), verify=False)
        assert answer.json() == {"numberOfElements": 0, "content": []}
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0
    assert stdout == ""
    assert "stopping" in stderr
    assert SECRET not in stderr


def test_start_says_where_the_secret_is_and_not_what(settings, tmp_path):
    with running(*settings) as (process, _):
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=DEADLINE_S)
    secret_file = tmp_path / "data" / "secret"
    assert f"no OPENVIDU_SECRET is set: using the one in {secret_file}" in stderr
    assert secret_file.read_text() not in stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_at_once(settings, number):
    with running(*settings, script=("-c", STUCK_AT_THE_END)) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "stopping\n"
        process.send_signal(number)
        assert process.wait(timeout=DEADLINE_S) == 128 + number


def test_env_file_is_read(settings, tmp_path):
    (tmp_path / "my.env").write_text("KMS_IMAGE=kms\nOVROUTER_LOG_LEVEL=warning\n")
    with running(*settings, "--env-file", str(tmp_path / "my.env")) as (process, _):
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=DEADLINE_S)
    (line,) = stderr.splitlines()
    assert line.endswith("KMS_IMAGE: accepted; does nothing here: there are no containers")


def test_restart_in_place(settings, tmp_path):
    env_file = tmp_path / "my.env"
    env_file.write_text(f"OPENVIDU_SECRET={SECRET}\nCOTURN_SHARED_SECRET_KEY=old-key\n")
    with (
        running(*settings, "--env-file", str(env_file)) as (process, url),
        httpx.Client(base_url=f"{url}/openvidu/api", auth=("OPENVIDUAPP", SECRET), verify=False) as api,
    ):
        body = {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": 7, "COTURN_SHARED_SECRET_KEY": "new-key"}
        assert api.post("/restart", json=body).status_code == 200
        assert process.stdout.readline() == f"ready {url}\n"
        assert api.get("/config").json()["OPENVIDU_SESSIONS_GARBAGE_INTERVAL"] == 7
        assert api.post("/restart", json={"OVROUTER_DATA_DIR": "/"}).status_code == 400
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert env_file.read_text().endswith("COTURN_SHARED_SECRET_KEY=new-key\nOPENVIDU_SESSIONS_GARBAGE_INTERVAL=7\n")
    assert "openvidu_sessions_garbage_interval=7" in stderr
    assert not any(secret in stderr for secret in (SECRET, "old-key", "new-key"))


def test_config_shows_sources_and_no_secrets(settings, tmp_path, capsys):
    env_file = tmp_path / "my.env"
    env_file.write_text(f"OPENVIDU_SECRET={SECRET}\nHTTPS_PORT=443\nCOTURN_PORT=99\n")
    assert cli.main(["config", *settings, "--env-file", str(env_file)]) == 0
    shown = capsys.readouterr().out
    command_line, file, default = shown.split("\n\n")
    assert command_line.startswith("# --set\n")
    assert command_line.endswith("\nHTTPS_PORT=0")
    assert file == f"# {env_file}\nOPENVIDU_SECRET=***\nCOTURN_PORT=99"
    assert default.startswith("# default\n")
    assert "\nOPENVIDU_CDR=false\n" in default
    assert SECRET not in shown


def test_config_with_secrets_is_an_env_file(settings, tmp_path, capsys):
    arguments = [*settings, "--set", f"OPENVIDU_SECRET={SECRET}", "--set", "OPENVIDU_WEBRTC_ICE_SERVERS=[url=stun:a]"]
    assignments = dict(text.split("=", 1) for text in arguments[1::2])
    assert cli.main(["config", "--show-secrets", *arguments]) == 0
    env_file = tmp_path / "copy.env"
    env_file.write_text(capsys.readouterr().out)
    assert read_env_file(env_file).checked().config == ConfigSources(assignments).read().config


def test_config_names_the_file_of_a_secret_that_was_made(settings, tmp_path, capsys):
    secret = ensure_secret(tmp_path / "data")
    assert cli.main(["config", *settings]) == 0
    shown = capsys.readouterr().out
    assert f"# {tmp_path}/data/secret\nOPENVIDU_SECRET=***\n" in shown
    assert secret not in shown


def test_check_config_names_each_problem(tmp_path, capsys):
    env_file = tmp_path / ".env"
    env_file.write_text("HTTPS_PORT=0x\nOPENVIDU_SECERT=s\nKMS_IMAGE=x\n")
    assert cli.main(["check-config", str(env_file)]) == 2
    stdout, stderr = capsys.readouterr()
    assert stdout == "KMS_IMAGE: accepted; does nothing here: there are no containers\n"
    assert stderr == (
        "OPENVIDU_SECERT: unknown setting; did you mean OPENVIDU_SECRET?\nHTTPS_PORT=0x: out of valid ports range\n"
    )


def test_check_config_of_a_good_file(tmp_path, capsys):
    env_file = tmp_path / ".env"
    env_file.write_text(sample())
    assert cli.main(["check-config", str(env_file)]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_config_of_no_file(tmp_path, capsys):
    assert cli.main(["check-config", str(tmp_path / "none")]) == 2
    assert capsys.readouterr() == ("", f"{tmp_path}/none: No such file or directory\n")


def test_every_configuration_problem_is_one_line(settings, capsys):
    assert cli.main(["serve", *settings, "--set", "OPENVIDU_SECERT=x", "--set", "COTURN_PORT=0"]) == 2
    assert capsys.readouterr() == (
        "",
        "OPENVIDU_SECERT: unknown setting; did you mean OPENVIDU_SECRET?\nCOTURN_PORT=0: out of valid ports range\n",
    )


def test_an_unusable_secret_file_is_a_configuration_problem(settings, tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").touch()
    assert cli.main(["serve", *settings]) == 2
    assert "holds no usable secret" in capsys.readouterr().err


def test_port_in_use_is_one_line(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "ovrouter", "serve", *settings, "--set", f"HTTPS_PORT={port}", *QUIET],
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(cli.__file__))},
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1:{port}: the port is in use" in line


def test_data_folder_that_cannot_be_made_is_one_line(settings, tmp_path, capsys):
    (tmp_path / "data").touch()
    assert cli.main(["serve", *settings]) == 2
    assert "Nothing can be written to" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["server"], ["serve", "--set", "HTTPS_PORT"]])
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: ovrouter" in capsys.readouterr().err


def test_config_sample(capsys):
    assert cli.main(["config-sample"]) == 0
    assert capsys.readouterr() == (sample(), "")


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"ovrouter {__version__}\n"


@pytest.fixture
def source_tree(monkeypatch, tmp_path):
    """A source tree whose benchmark tells what it was started with."""
    tree = tmp_path / "tree"
    (tree / "benchmarks").mkdir(parents=True)
    (tree / "benchmarks" / "__init__.py").touch()
    (tree / "benchmarks" / "__main__.py").write_text(
        "import pathlib, sys; pathlib.Path('started').write_text(' '.join(sys.argv[1:])); sys.exit(3)"
    )
    monkeypatch.setattr(bench, "SOURCE_TREE", tree)
    return tree


def test_bench_runs_the_benchmark_of_the_source_tree(source_tree, tmp_path):
    (source_tree / "benchmarks" / "_load.abi3.so").touch()
    assert cli.main(["bench", "--url", "https://media:4443", "--set", "A=B"]) == 3
    assert (tmp_path / "started").read_text() == "--url https://media:4443 --set A=B"


def test_bench_says_what_it_needs(source_tree, tmp_path, capsys):
    assert cli.main(["bench"]) == cli.EXIT_FAILED
    assert "make bench" in capsys.readouterr().err
    assert not (tmp_path / "started").exists()
