"""The last step of a recording, after its job or after a crash (warm)."""

from __future__ import annotations

import logging

import trio

from ovrouter.errors import RecordingFailed
from ovrouter.recording.catalogue import Catalogue
from ovrouter.recording.modes import MODES
from ovrouter.recording.recording import Recording, Status

__all__ = ["finish"]

_log = logging.getLogger("ovrouter.recording")


async def finish(catalogue: Catalogue, recording: Recording, failure: str | None) -> str | None:
    """Make the files ready and say so in *recording* and on disk; returns why the recording failed, if it did.

    A recording that *failure* ended keeps what was recorded before.
    """
    try:
        outcome = await MODES[recording.output_mode].finish(catalogue.folder_of(recording.id), recording)
    except (OSError, RecordingFailed) as error:
        failure = failure or f"its files cannot be finished: {error}"
    else:
        recording.size, recording.duration = outcome.size_bytes, outcome.duration_s
        recording.url = catalogue.url_of(recording.id, outcome.file)
    recording.status = Status.READY if failure is None else Status.FAILED
    try:
        await trio.to_thread.run_sync(catalogue.save, recording)
    except OSError as error:
        # After a restart it is finished again.
        _log.error("the outcome of recording %s cannot be kept: %s", recording.id, error)
    return failure
