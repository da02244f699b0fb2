"""What is sent and how it is recognised: frames whose brightness tells their number, and a tone."""

from __future__ import annotations

import asyncio
import fractions
import itertools
import time
from typing import Any

import av
import numpy as np
from aiortc import AudioStreamTrack, MediaStreamTrack, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError

__all__ = ["CountingVideo", "Tone", "receive_frames", "receive_tone_hz", "track_of"]

TONE_HZ = 440
SAMPLE_RATE = 48_000
LEVELS = (40, 80, 120, 160, 200, 240)
"""Brightness of one frame after the other: far enough apart to survive the codec."""
RECEIVE_TIMEOUT_S = 20


class CountingVideo(MediaStreamTrack):
    """Frames of one brightness each, out of LEVELS."""

    kind = "video"

    def __init__(self, *, width: int = 160, height: int = 120, frames_per_s: int = 30) -> None:
        super().__init__()
        self._frames = [_plain_frame(width, height, level) for level in LEVELS]
        self._frames_per_s = frames_per_s
        self._numbers = itertools.count()
        self._start_s = 0.0

    async def recv(self) -> av.VideoFrame:
        number = next(self._numbers)
        if number == 0:
            self._start_s = time.monotonic()
        await asyncio.sleep(self._start_s + number / self._frames_per_s - time.monotonic())
        if self.readyState != "live":
            raise MediaStreamError
        frame = self._frames[number % len(LEVELS)]
        frame.pts, frame.time_base = number, fractions.Fraction(1, self._frames_per_s)
        return frame


def _plain_frame(width: int, height: int, level: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width, 3), level, np.uint8), format="rgb24")


class Tone(AudioStreamTrack):
    """A sine of TONE_HZ."""

    async def recv(self) -> av.AudioFrame:
        silent = await super().recv()
        count = SAMPLE_RATE // 50
        start = silent.pts * SAMPLE_RATE // silent.sample_rate
        wave = 12_000 * np.sin(2 * np.pi * TONE_HZ * (start + np.arange(count)) / SAMPLE_RATE)
        frame = av.AudioFrame.from_ndarray(wave.astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = start, fractions.Fraction(1, SAMPLE_RATE)
        return frame


def track_of(link: RTCPeerConnection, kind: str) -> Any:
    return next(receiver.track for receiver in link.getReceivers() if receiver.track.kind == kind)


async def receive_frames(link: RTCPeerConnection, count: int) -> list[int]:
    """The brightness of *count* decoded frames, as the nearest of LEVELS."""
    track = track_of(link, "video")
    levels = []
    async with asyncio.timeout(RECEIVE_TIMEOUT_S):
        for _ in range(count):
            frame = await track.recv()
            mean = float(frame.to_ndarray(format="rgb24").mean())
            levels.append(min(LEVELS, key=lambda level: abs(level - mean)))
    return levels


async def receive_tone_hz(link: RTCPeerConnection) -> float:
    """The strongest frequency of half a second of decoded sound, once there is any."""
    track = track_of(link, "audio")
    samples: list[np.ndarray] = []
    async with asyncio.timeout(RECEIVE_TIMEOUT_S):
        while sum(map(len, samples)) < SAMPLE_RATE // 2:
            frame = await track.recv()
            heard = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(float)
            if samples or np.abs(heard).max() > 1000:
                samples.append(heard)
    spectrum = np.abs(np.fft.rfft(np.concatenate(samples)))
    return float(np.argmax(spectrum) * SAMPLE_RATE / sum(map(len, samples)))
