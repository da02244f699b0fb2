"""Chromium's remote control: JSON, each message ended by a zero byte, over a pair of pipes (warm).

https://chromedevtools.github.io/devtools-protocol/ names the methods and events; ``--remote-debugging-pipe`` is the way
that no other program of the machine can take.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections import deque
from typing import Any, Final

from ovrouter.errors import CompositionFailed

__all__ = ["DevTools", "Message"]

Message = dict[str, Any]

_MAX_CHUNK_BYTES: Final = 64 * 1024
_MAX_EVENTS: Final = 1024
"""Kept until somebody looks at them."""


class DevTools:
    """Speaks to the browser at the other ends of two pipes.

    Its methods raise CompositionFailed when that is gone, or silent until *deadline_s* (monotonic).
    """

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        """Readable when there may be events."""
        self._writing = writing
        self._unread = b""
        self._calls = 0
        self._events: deque[Message] = deque(maxlen=_MAX_EVENTS)
        self._answers: dict[int, Message] = {}
        os.set_blocking(reading, False)

    def call(self, method: str, deadline_s: float, session: str = "", **parameters: Any) -> Message:
        """Return the result of *method*; *session* is that of a target that was attached to."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        os.write(self._writing, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while self._calls not in self._answers:
            self._wait(deadline_s)
        answer = self._answers.pop(self._calls)
        if "error" in answer:
            raise CompositionFailed(f"the browser refuses {method}: {answer['error']['message']}")
        result: Message = answer["result"]
        return result

    def next_event(self, deadline_s: float) -> Message:
        """Return the oldest event that was not returned yet."""
        while not self._events:
            self._wait(deadline_s)
        return self._events.popleft()

    def take_events(self) -> list[Message]:
        """Return what has come, without waiting."""
        self._read()
        events = list(self._events)
        self._events.clear()
        return events

    def _wait(self, deadline_s: float) -> None:
        if not select.select([self.reading], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
            raise CompositionFailed("the browser takes too long")
        self._read()

    def _read(self) -> None:
        try:
            chunk = os.read(self.reading, _MAX_CHUNK_BYTES)
        except BlockingIOError:
            return
        if not chunk:
            raise CompositionFailed("the browser ended")
        *texts, self._unread = (self._unread + chunk).split(b"\0")
        for message in map(json.loads, texts):
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._events.append(message)
