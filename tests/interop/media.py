"""What is sent and how it is recognised: frames whose brightness tells their number, and a tone."""

from __future__ import annotations

import asyncio
import fractions
from typing import Any

import av
import numpy as np
from aiortc import AudioStreamTrack, RTCPeerConnection, VideoStreamTrack

__all__ = ["CountingVideo", "Tone", "receive_frames", "receive_tone_hz"]

TONE_HZ = 440
SAMPLE_RATE = 48_000
LEVELS = (40, 80, 120, 160, 200, 240)
"""Brightness of one frame after the other: far enough apart to survive the codec."""
RECEIVE_TIMEOUT_S = 20


class CountingVideo(VideoStreamTrack):
    """30 frames/s of 160x120, each of one brightness out of LEVELS."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        level = LEVELS[self._count % len(LEVELS)]
        self._count += 1
        frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), level, np.uint8), format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


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
