"""The secret on disk: made once, private, never half written."""

import errno
import os
import stat

import pytest

from ovrouter import ConfigError
from ovrouter.data_files import append_durably, ensure_identifier, ensure_secret, replace_private, secret_path
from ovrouter.setting_types import secret as secret_type


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_secret_is_made_once_and_is_private(tmp_path):
    data_dir = tmp_path / "new" / "data"
    secret = ensure_secret(data_dir)
    assert secret_type.parse(secret) == secret
    assert len(secret) >= 43
    assert ensure_secret(data_dir) == secret
    assert mode(secret_path(data_dir)) == 0o600
    assert mode(data_dir) == 0o700
    assert [path.name for path in data_dir.iterdir()] == ["secret"]


def test_two_folders_have_two_secrets(tmp_path):
    assert ensure_secret(tmp_path / "a") != ensure_secret(tmp_path / "b")


def test_the_first_of_two_that_start_together_wins(tmp_path, monkeypatch):
    first = ensure_secret(tmp_path)
    monkeypatch.setattr("pathlib.Path.exists", lambda path: False)  # the second looked before the first had written
    assert ensure_secret(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_secret_written_by_hand_is_taken(tmp_path):
    secret_path(tmp_path).write_text("by-hand_1\n")
    assert ensure_secret(tmp_path) == "by-hand_1"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff\xfe"])
def test_unusable_secret_is_refused_with_the_way_out(tmp_path, content):
    secret_path(tmp_path).write_bytes(content)
    with pytest.raises(ConfigError, match="holds no usable secret"):
        ensure_secret(tmp_path)
    assert secret_path(tmp_path).read_bytes() == content


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_replace_keeps_the_old_content_when_it_fails(tmp_path, monkeypatch, step):
    path = tmp_path / "file"
    replace_private(path, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(step, fail)
    with pytest.raises(OSError, match="disk full"):
        replace_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_written_where_a_secret_is_kept(tmp_path, monkeypatch):
    secret_path(tmp_path).write_text("kept")

    def read_only(*_, **__):
        raise OSError("read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", read_only)
    assert ensure_secret(tmp_path) == "kept"


@pytest.fixture
def appended(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old\n")
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    yield path, descriptor
    os.close(descriptor)


def test_what_is_appended_is_on_disk(appended, monkeypatch):
    path, descriptor = appended
    synced = []
    monkeypatch.setattr("os.fdatasync", lambda number: synced.append((number, path.read_bytes())))
    append_durably(descriptor, b"new\n")
    assert synced == [(descriptor, b"old\nnew\n")]


def test_appending_goes_on_after_a_short_write(appended, monkeypatch):
    path, descriptor = appended
    write = os.write
    monkeypatch.setattr("os.write", lambda number, content: write(number, content[:3]))
    append_durably(descriptor, b"a longer line\n")
    assert path.read_bytes() == b"old\na longer line\n"


def test_an_append_that_fails_leaves_nothing_behind(appended, monkeypatch):
    path, descriptor = appended
    write = os.write

    def fail_after_three_bytes(number, content):
        if path.stat().st_size > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(number, content[:3])

    monkeypatch.setattr("os.write", fail_after_three_bytes)
    with pytest.raises(OSError, match="No space"):
        append_durably(descriptor, b"new\n")
    assert path.read_bytes() == b"old\n"


def test_identifiers_are_kept_and_differ(tmp_path):
    first = ensure_identifier(tmp_path, "node-id")
    assert ensure_identifier(tmp_path, "node-id") == first
    assert ensure_identifier(tmp_path, "cluster-id") != first
    (tmp_path / "node-id").write_text("no/name")
    with pytest.raises(ConfigError, match="node-id: holds no usable identifier"):
        ensure_identifier(tmp_path, "node-id")
