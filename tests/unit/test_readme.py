"""What README.md says is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ovrouter.config import settings
from ovrouter.setting_types import to_text

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ROWS = {
    name: (kind, default, meaning)
    for name, kind, default, meaning in re.findall(
        r"^\| `([A-Z0-9_]+)` \| (.*?) \| (?:(.*?) )?\| (.*) \|$", README, re.MULTILINE
    )
}
ACTIVE = [setting for setting in settings() if setting.is_active]


@pytest.mark.parametrize("setting", ACTIVE, ids=lambda setting: setting.name)
def test_configuration_table_says_what_the_code_does(setting):
    kind, default, meaning = ROWS[setting.name]
    assert (kind, meaning) == (setting.type.name, setting.meaning)
    if setting.name == "OVROUTER_DATA_DIR":
        assert default == "`~/.local/share/ovrouter`; root: `/var/lib/ovrouter`"
    else:
        assert default.strip("`") == to_text(setting.default).replace("[]", "")


def test_configuration_table_has_active_settings_only():
    assert list(ROWS) == [setting.name for setting in ACTIVE]


def test_embedding_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    assert re.fullmatch(r"two routers: https://localhost:\d+ https://localhost:\d+\n", ended.stdout)


@pytest.mark.parametrize("path", re.findall(r"`((?:ovrouter|benchmarks|tests)/[\w/.]*)`", README))
def test_paths_exist(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", set(re.findall(r"(?:`|^    )make ([a-z]+)", README, re.MULTILINE)))
def test_make_targets_exist(target):
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_changelog_begins_with_what_is_not_released():
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
