"""The end of an INDIVIDUAL recording: its files, whole, in one ZIP with a JSON file about them (warm)."""

from __future__ import annotations

import os
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import trio

from ovrouter.children import open_child
from ovrouter.recording import stream_files
from ovrouter.recording.job import Outcome
from ovrouter.recording.recording import Recording
from ovrouter.recording.stream_files import StreamFile

__all__ = ["finish_individual"]

COPY_BYTES: Final = 4 * 1024 * 1024
"""Copied at once; between two the router may ask to end."""
_UNFINISHED: Final = ".part"


async def finish_individual(folder: Path, recording: Recording) -> Outcome:
    """Repair what was cut off, then pack everything. Can be cancelled and called again. Raises OSError."""
    target = folder / f"{recording.name}.zip"
    if not await trio.Path(target).exists():
        files = await trio.to_thread.run_sync(stream_files.load_all, folder)
        files = await _repaired(folder, files)
        await trio.to_thread.run_sync(partial(_pack, target, recording, files))
    # From here on the archive is whole. What went into it may be gone already, if all this was done before.
    await trio.to_thread.run_sync(_remove_packed, folder)
    return await trio.to_thread.run_sync(_outcome, target)


async def _repaired(folder: Path, files: list[StreamFile]) -> list[StreamFile]:
    """*files* without those in which there is nothing."""
    cut_off = {file.name: file for file in files if file.end_time is None}
    if not cut_off:
        return files
    arguments = [sys.executable, "-m", "ovrouter.recorder", "repair", *(str(folder / name) for name in cut_off)]
    async with open_child(arguments, name="repair of recordings") as child:
        while (report := await child.receive()) is not None:
            file = cut_off.pop(report["name"])
            file.update(report)
            file.end_time = file.start_time + report["duration_ms"]
            if report["frames"]:
                await trio.to_thread.run_sync(stream_files.save, folder, file)
    # Those it said nothing of are kept as they are: better a file that is hard to play than none.
    for file in cut_off.values():
        file.size = (await trio.Path(folder / file.name).stat()).st_size
    return [file for file in files if file.size]


def _pack(target: Path, recording: Recording, files: list[StreamFile]) -> None:
    unfinished = target.with_name(target.name + _UNFINISHED)
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_description_name(target), _pretty(_description(recording, files)))
            for file in files:
                _copy(target.parent / file.name, archive)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _outcome(target: Path) -> Outcome:
    """What an archive says of itself."""
    with zipfile.ZipFile(target) as archive:
        files = msgspec.json.decode(archive.read(_description_name(target)))["files"]
    begin_ms = min((file["startTimeOffset"] for file in files), default=0)
    end_ms = max((file["endTimeOffset"] for file in files), default=0)
    return Outcome(target.name, sum(file["size"] for file in files), (end_ms - begin_ms) / 1000)


def _description_name(target: Path) -> str:
    return f"{target.stem}.json"


def _copy(path: Path, archive: zipfile.ZipFile) -> None:
    """Media is compressed already."""
    with path.open("rb") as source, archive.open(zipfile.ZipInfo.from_file(path, path.name), "w") as sink:
        while chunk := source.read(COPY_BYTES):
            trio.from_thread.check_cancelled()
            sink.write(chunk)


def _description(recording: Recording, files: list[StreamFile]) -> dict[str, Any]:
    return {
        "createdAt": recording.created_at,
        "id": recording.id,
        "name": recording.name,
        "sessionId": recording.session_id,
        "files": [file.to_json(recording.created_at) for file in files],
    }


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _remove_packed(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix in {*stream_files.MEDIA_SUFFIXES, _UNFINISHED} or path.name.startswith(".stream."):
            path.unlink()
