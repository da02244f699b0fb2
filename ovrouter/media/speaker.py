"""Who speaks in a Session (cold).

The loudness of each publisher, smoothed, is held against its own background noise: a fan is no speaker, however loud. A
word in between does not take over from who speaks; who falls silent is remembered for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["STEP_S", "SpeakerDetector"]

STEP_S: Final = 0.1
"""Time between two calls of :meth:`SpeakerDetector.step`."""
QUIET: Final = 50.0
"""Noise that is taken for granted: 77 dB below the loudest that can be told."""
NOISE_RISE: Final = 0.1
"""What the noise rises in one step towards what is heard: a pause in speaking brings it back at once."""
RISE: Final = 0.4
FALL: Final = 0.15
"""How much of a step up or down in loudness counts at once."""
BEGIN_DB: Final = 12.0
END_DB: Final = 6.0
"""Above the noise: where speaking begins and ends."""
LOUDER_DB: Final = 6.0
"""What somebody has to be louder than who speaks."""
TAKE_OVER_STEPS: Final = 5
"""For how long somebody has to be that before taking over; from who is silent it takes a single step."""
MEMORY_STEPS: Final = 30
"""After so long a silence nobody is the speaker."""


class _Voice:
    def __init__(self) -> None:
        self._noise = QUIET
        self.score_db = 0.0
        """Loudness above the noise, smoothed."""
        self.is_speaking = False

    def hear(self, loudness: float) -> None:
        self._noise = min(self._noise + NOISE_RISE, max(loudness, QUIET))
        step_db = max(0.0, loudness - self._noise) - self.score_db
        self.score_db += step_db * (RISE if step_db > 0 else FALL)
        self.is_speaking = self.score_db > (END_DB if self.is_speaking else BEGIN_DB)


class SpeakerDetector:
    """The active speaker of one Session."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._challenger: str | None = None
        self._challenge_steps = 0
        self._silent_steps = 0
        self.speaker: str | None = None
        """Id of who speaks, or spoke last; None if that is long ago."""

    def step(self, loudness: Mapping[str, float]) -> None:
        """Take what was heard in the last :data:`STEP_S` of everybody present: 0 (silence) to 127 by id."""
        self._voices = {id_: self._voices.get(id_) or _Voice() for id_ in loudness}
        for id_, value in loudness.items():
            self._voices[id_].hear(value)
        if self.speaker not in self._voices:
            self.speaker = None
        self._let_others_take_over()
        self._forget_after_silence()

    def _let_others_take_over(self) -> None:
        loudest = max(self._voices, key=lambda id_: self._voices[id_].score_db, default=None)
        if loudest is None or loudest == self.speaker or not self._is_above_speaker(self._voices[loudest]):
            self._challenger = None
            return
        self._challenge_steps = self._challenge_steps + 1 if loudest == self._challenger else 1
        self._challenger = loudest
        if not self._speaker_speaks() or self._challenge_steps >= TAKE_OVER_STEPS:
            self.speaker, self._challenger = loudest, None

    def _is_above_speaker(self, voice: _Voice) -> bool:
        margin_db = self._voices[self.speaker].score_db + LOUDER_DB if self.speaker and self._speaker_speaks() else 0.0
        return voice.is_speaking and voice.score_db > margin_db

    def _speaker_speaks(self) -> bool:
        return self.speaker is not None and self._voices[self.speaker].is_speaking

    def _forget_after_silence(self) -> None:
        self._silent_steps = 0 if self._speaker_speaks() else self._silent_steps + 1
        if self._silent_steps > MEMORY_STEPS:
            self.speaker = None
