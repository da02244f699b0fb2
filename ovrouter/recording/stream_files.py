"""Files of single streams, and what is kept of each beside it until they are packed (warm). Every call blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ovrouter.data_files import replace_private

__all__ = ["MEDIA_SUFFIXES", "StreamFile", "load_all", "save"]

MEDIA_SUFFIXES: Final = frozenset({".webm", ".mkv"})
_PREFIX: Final = ".stream."


class StreamFile(msgspec.Struct, rename="camel", kw_only=True):
    """One file. Times are Unix milliseconds."""

    name: str
    connection_id: str
    stream_id: str
    client_data: str = ""
    server_data: str = ""
    start_time: int
    end_time: int | None = None
    """None until the file is whole."""
    size: int = 0
    has_audio: bool = False
    has_video: bool = False
    type_of_video: str | None = None

    def update(self, report: Mapping[str, Any]) -> None:
        """Take over what the recorder says of the file."""
        self.size = report["size_bytes"]
        self.has_audio, self.has_video = report["has_audio"], report["has_video"]

    def to_json(self, created_at_ms: int) -> dict[str, Any]:
        """Its entry in the JSON file of an archive; offsets count from the beginning of the recording."""
        video = {"typeOfVideo": self.type_of_video} if self.has_video else {}
        return {
            "name": self.name,
            "connectionId": self.connection_id,
            "streamId": self.stream_id,
            "size": self.size,
            "clientData": self.client_data,
            "serverData": self.server_data,
            "hasAudio": self.has_audio,
            "hasVideo": self.has_video,
            **video,
            "startTimeOffset": self.start_time - created_at_ms,
            "endTimeOffset": (self.end_time or self.start_time) - created_at_ms,
        }


def save(folder: Path, file: StreamFile) -> None:
    """Raises OSError."""
    replace_private(folder / f"{_PREFIX}{Path(file.name).stem}", msgspec.json.encode(file))


def load_all(folder: Path) -> list[StreamFile]:
    """Of every media file in *folder*, in order of time; what was not saved is told by the file. Raises OSError."""
    media = [path for path in folder.iterdir() if path.suffix in MEDIA_SUFFIXES]
    return sorted((_load(path) for path in media), key=lambda file: file.start_time)


def _load(path: Path) -> StreamFile:
    try:
        return msgspec.json.decode((path.parent / f"{_PREFIX}{path.stem}").read_bytes(), type=StreamFile)
    except (FileNotFoundError, msgspec.MsgspecError):
        return _unsaved(path)


def _unsaved(path: Path) -> StreamFile:
    """The crash came between the first byte of the file and what was to be said of it."""
    stream_id = path.stem.partition("-")[0]
    return StreamFile(
        name=path.name,
        connection_id="con_" + stream_id.rpartition("con_")[2],
        stream_id=stream_id,
        start_time=int(path.stat().st_ctime * 1000),
    )
