"""Fragmented MP4 (ISO/IEC 14496-12): cutting off what was not written to its end (warm)."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["cut_to_whole_fragments"]

_HEADER: Final = struct.Struct(">I4s")
_LARGE_SIZE_BYTES: Final = 8
_IS_LARGE: Final = 1


def cut_to_whole_fragments(path: Path) -> None:
    """Shorten the file by what a full disk or a crash left of its last fragment. Raises OSError."""
    with path.open("r+b") as file:
        length = os.fstat(file.fileno()).st_size
        whole = _whole_bytes(file, length)
        if 0 < whole < length:
            file.truncate(whole)


def _whole_bytes(file: BinaryIO, length: int) -> int:
    """Where the last box ends that is whole. Movie fragments (``moof``) are when their media data is, which follows."""
    position = whole = 0
    while position + _HEADER.size <= length:
        size, kind = _read_header(file, position)
        position += size
        if size < _HEADER.size or position > length:
            break
        if kind != b"moof":
            whole = position
    return whole


def _read_header(file: BinaryIO, position: int) -> tuple[int, bytes]:
    file.seek(position)
    size, kind = _HEADER.unpack(file.read(_HEADER.size))
    if size == _IS_LARGE:
        size = int.from_bytes(file.read(_LARGE_SIZE_BYTES))
    return size, kind
