"""The folder of recordings: one folder for each, with a file that says what it is (warm). Every call blocks."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ovrouter.data_files import replace_private
from ovrouter.recording.recording import Recording

__all__ = ["Catalogue"]

_log = logging.getLogger("ovrouter.recording")

_ID: Final = re.compile(r"[a-zA-Z0-9_-]+(~[0-9]+)?")


class Catalogue:
    """Recordings on disk."""

    def __init__(self, folder: Path, public_url: str) -> None:
        self._folder = folder
        self._public_url = public_url

    def url_of(self, recording_id: str, file: str) -> str:
        """Where REST serves a file of a recording."""
        return f"{self._public_url}/openvidu/recordings/{recording_id}/{file}"

    def folder_of(self, recording_id: str) -> Path:
        """Where the files of a recording are."""
        return self._folder / recording_id

    def reserve_id(self, session_id: str) -> str:
        """Make the folder of the session's next recording: ``<id>``, ``<id>~1``, ``<id>~2`` … Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 0
        recording_id = session_id
        while not _made(self.folder_of(recording_id)):
            number += 1
            recording_id = f"{session_id}~{number}"
        return recording_id

    def save(self, recording: Recording) -> None:
        """Write what the recording is by now, for good. Raises OSError."""
        replace_private(self._file(recording.id), msgspec.json.encode(recording))

    def load(self, recording_id: str) -> Recording | None:
        """None if there is none, or its file cannot be understood."""
        if not _ID.fullmatch(recording_id):
            return None
        try:
            return msgspec.json.decode(self._file(recording_id).read_bytes(), type=Recording)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("recording %s is passed over: %s", recording_id, error)
            return None

    def all(self) -> list[Recording]:
        """Every recording, oldest first."""
        return sorted(self._found(), key=lambda recording: recording.created_at)

    def delete(self, recording_id: str) -> None:
        """Remove the files of a recording. Raises OSError."""
        shutil.rmtree(self.folder_of(recording_id))

    def delete_files(self, recording_id: str) -> None:
        """Remove the files of a recording that is kept elsewhere; it stays listed. Raises OSError."""
        folder = self.folder_of(recording_id)
        for path in folder.iterdir():
            if path != self._file(recording_id):
                path.unlink()

    def free_bytes(self) -> int:
        """Space left for recordings. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize

    def _found(self) -> Iterator[Recording]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            recording = self.load(path.name)
            if recording is not None and recording.id == path.name:
                yield recording

    def _file(self, recording_id: str) -> Path:
        return self.folder_of(recording_id) / f".recording.{recording_id}"


def _made(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
