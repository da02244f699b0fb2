"""What a router keeps on disk between runs: written whole or not at all (warm)."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from ovrouter.errors import ConfigError

__all__ = [
    "append_durably",
    "ensure_identifier",
    "ensure_secret",
    "kept_secret",
    "replace_private",
    "rewrite",
    "secret_path",
    "sync_folder",
]

SECRET_BYTES = 32
"""256 random bits: TURN and REST credentials are all derived from it."""


_SECRET = ("secret", ", or set OPENVIDU_SECRET")
"""What a complaint calls it, and the way out that only it has."""


def secret_path(data_dir: Path) -> Path:
    """Return where :func:`ensure_secret` keeps the secret."""
    return data_dir / "secret"


def ensure_secret(data_dir: Path) -> str:
    """Return the secret kept in *data_dir*; the first call makes a random one.

    Raises ConfigError if the file holds no usable secret, OSError if the folder cannot be written.
    """
    return _ensure(secret_path(data_dir), secrets.token_urlsafe(SECRET_BYTES), *_SECRET)


def kept_secret(data_dir: Path) -> str:
    """Return the secret kept in *data_dir*; empty if there is none yet. Raises likewise."""
    path = secret_path(data_dir)
    return _read(path, *_SECRET) if path.exists() else ""


def ensure_identifier(data_dir: Path, name: str) -> str:
    """Return what *data_dir* keeps under *name*: ten characters that tell this router from others. Raises likewise."""
    return _ensure(data_dir / name, secrets.token_hex(5), "identifier", "")


def _ensure(path: Path, fresh: str, what: str, other_way: str) -> str:
    with suppress(FileExistsError):
        _create_private(path, fresh.encode())
    return _read(path, what, other_way)


def _read(path: Path, what: str, other_way: str) -> str:
    kept = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch("[a-zA-Z0-9_-]+", kept):
        raise ConfigError((f"{path}: holds no usable {what}. Delete the file to get a new one{other_way}",))
    return kept


def replace_private(path: Path, content: bytes) -> None:
    """Write *content* to *path* in one step, for good: a reader, or a crash, finds the old content or the new.

    The file is for this user alone.
    """
    _put(_write_beside(path, content), path)


def rewrite(path: Path, content: bytes) -> None:
    """Like :func:`replace_private`, but an existing file keeps its owner and mode, and a symbolic link stays one."""
    path = path.resolve()
    written = _write_beside(path, content)
    with suppress(FileNotFoundError):
        old = path.stat()
        os.chown(written, old.st_uid, old.st_gid)
        written.chmod(old.st_mode)
    _put(written, path)


def _put(written: Path, path: Path) -> None:
    try:
        written.replace(path)
    except OSError:
        written.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names of the files in *folder*."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_durably(descriptor: int, content: bytes) -> None:
    """Write *content* at the end of a file and wait for the disk. Raises OSError; the file is then as before."""
    size_bytes = os.fstat(descriptor).st_size
    remaining = memoryview(content)
    try:
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
        os.fdatasync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size_bytes)
        raise


def _create_private(path: Path, content: bytes) -> None:
    """Like :func:`replace_private`, but the first of two routers that start together wins (FileExistsError)."""
    if path.exists():
        raise FileExistsError(path)
    written = _write_beside(path, content)
    try:
        path.hardlink_to(written)
    finally:
        written.unlink()
    sync_folder(path.parent)


def _write_beside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)
