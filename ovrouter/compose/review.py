"""``python -m ovrouter.compose.review FILE [THUMBNAIL]``: how long a composed file is, and a picture of it (warm).

It says ``{"duration_s": 12.3}`` in a line of JSON. A file that was cut off is as long as what can be read of it, and
loses what cannot. A thumbnail that finds no room is done without.
"""

from ovrouter.parent_watch import die_with_parent

die_with_parent()

import io  # noqa: E402 - the line above comes before anything that could hang
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import av  # noqa: E402
from av.container import InputContainer  # noqa: E402
from PIL import Image  # noqa: E402

from ovrouter.compose.fragments import cut_to_whole_fragments  # noqa: E402

__all__ = ["main"]

_THUMBNAIL_WIDTH = 480
_MICROSECONDS = 1_000_000


def main(path: str, thumbnail: str | None = None) -> None:
    """Look at *path*; with *thumbnail*, write a JPEG of the picture in the middle there."""
    if path.endswith(".mp4"):
        cut_to_whole_fragments(Path(path))
    with av.open(path) as container:
        duration_us = container.duration or _last_time_us(path)
        if thumbnail is not None and container.streams.video:
            _write_thumbnail(container, duration_us // 2, Path(thumbnail))
    sys.stdout.write(json.dumps({"duration_s": duration_us / _MICROSECONDS}) + "\n")


def _last_time_us(path: str) -> int:
    """Of a file whose end was never written: by what is in it."""
    with av.open(path) as container:
        ends = (packet.pts * packet.time_base for packet in container.demux() if packet.pts and packet.time_base)
        return round(max(ends, default=0) * _MICROSECONDS)


def _write_thumbnail(container: InputContainer, time_us: int, path: Path) -> None:
    container.seek(time_us)
    frame = next(container.decode(video=0), None)
    if frame is not None:
        height = round(frame.height * _THUMBNAIL_WIDTH / frame.width)
        pixels = frame.to_ndarray(width=_THUMBNAIL_WIDTH, height=height, format="rgb24")
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "JPEG", quality=85)
        _write_if_possible(path, encoded.getvalue())


def _write_if_possible(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        sys.stderr.write(f"no thumbnail: {error}\n")
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
