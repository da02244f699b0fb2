"""Files that were cut off get their index and duration (warm)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import av
import av.container
from av.packet import Packet as AnyPacket

from ovrouter.recorder.mux import OPTIONS, format_for

__all__ = ["repair"]

_PART: Final = ".part"

Packet: TypeAlias = "AnyPacket[Any]"


def repair(files: Iterable[Path]) -> None:
    """Write media files anew, up to where they can be read, and report what each holds.

    A file without a single frame is deleted. If there is no space for a copy, the file stays as it is.
    """
    for path in files:
        sys.stdout.write(json.dumps({"event": "repaired", "name": path.name, **_repair_file(path)}) + "\n")
        sys.stdout.flush()


def _repair_file(path: Path) -> dict[str, Any]:
    part = path.with_name(path.name + _PART)
    try:
        found = _measure(_copied(path, part))
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        found = _measure(_packets(path))
    if not found["frames"]:
        path.unlink()
        return {**found, "size_bytes": 0}
    return {**found, "size_bytes": path.stat().st_size}


def _measure(packets: Iterator[Packet]) -> dict[str, Any]:
    found = {"has_audio": False, "has_video": False, "duration_ms": 0, "frames": 0}
    for packet in packets:
        found["frames"] += 1
        found[f"has_{packet.stream.type}"] = True
        found["duration_ms"] = max(found["duration_ms"], int((packet.pts or 0) * packet.time_base * 1000))
    return found


def _copied(path: Path, target: Path) -> Iterator[Packet]:
    """Copy packet after packet. Raises OSError if *target* cannot be written."""
    sinks: dict[int, av.stream.Stream] = {}
    with av.open(str(target), "w", format=format_for(path), container_options=dict(OPTIONS)) as sink:
        for packet in _packets(path):
            if not sinks:
                source = packet.stream.container
                sinks = {stream.index: sink.add_stream_from_template(stream, opaque=True) for stream in source.streams}
            yield packet
            packet.stream = sinks[packet.stream.index]
            sink.mux_one(packet)


def _packets(path: Path) -> Iterator[Packet]:
    """Of all tracks, up to where the file can be read."""
    try:
        with av.open(str(path)) as source:
            yield from (packet for packet in source.demux() if packet.size)
    except (av.InvalidDataError, av.EOFError):
        return
