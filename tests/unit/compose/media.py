"""Cameras and microphones that need no devices, and a sink that keeps what it is given."""

from fractions import Fraction

import numpy as np
from av import AudioFrame, CodecContext, VideoFrame

from ovrouter.compose.timeline import CHANNELS, SAMPLE_RATE_HZ
from ovrouter.depacketize import MediaFrame

SECOND_US = 1_000_000


def camera(seconds, luma, *, size=(160, 90), fps=10, begin_us=0, noise=0):
    """VP8 frames of evenly grey pictures; *luma* tells the grey of a time in seconds, *noise* is added to it."""
    rng = np.random.default_rng(1)
    encoder = CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, fps)
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    encoder.bit_rate = 500_000
    encoder.thread_count = 1
    for index in range(round(seconds * fps)):
        grey = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        grey[: size[1]] = luma(index / fps) + rng.integers(0, noise + 1, grey[: size[1]].shape)
        frame = VideoFrame.from_ndarray(grey, "yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            yield MediaFrame("VP8", bytes(packet), begin_us + index * SECOND_US // fps, packet.is_keyframe)


def microphone(seconds, tone_hz, *, begin_us=0, amplitude=0.3, gate=np.ones_like):
    """Opus frames of a tone, which sounds when *gate* of the time in seconds says so."""
    encoder = CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE_HZ, "stereo", "flt"
    encoder.options = {"application": "lowdelay"}
    for start in range(0, round(seconds * SAMPLE_RATE_HZ), 960):
        times = np.arange(start, start + 960) / SAMPLE_RATE_HZ
        wave = amplitude * np.sin(2 * np.pi * tone_hz * times) * gate(times)
        frame = AudioFrame.from_ndarray(np.repeat(wave.astype(np.float32), CHANNELS).reshape(1, -1), "flt", "stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, start
        for packet in encoder.encode(frame):
            yield MediaFrame("opus", bytes(packet), begin_us + start * SECOND_US // SAMPLE_RATE_HZ, True)


def play(composer, streams, *, delay_us=50_000):
    """Give a composer the frames of *streams* (id to frames) as they would arrive."""
    arrivals = sorted(((frame.pts_us, id_, frame) for id_, frames in streams.items() for frame in frames), key=first)
    for pts_us, id_, frame in arrivals:
        composer.receive(id_, frame)
        composer.advance(pts_us + delay_us)


def first(arrival):
    return arrival[0]


class KeptOutput:
    """A sink in memory."""

    def __init__(self, size=(320, 180), frame_rate=10):
        self.size = size
        self.frame_rate = frame_rate
        self.pictures = {}
        self._blocks = []

    def write_picture(self, frame, index):
        self.pictures[index] = frame.to_ndarray()[: frame.height].copy()

    def write_sound(self, samples, position):
        assert position == sum(map(len, self._blocks))
        self._blocks.append(samples)

    @property
    def sound(self):
        return np.concatenate(self._blocks)


def loudness(sound, tone_hz):
    """Amplitude of one tone in *sound* (one channel)."""
    turns = np.exp(-2j * np.pi * tone_hz * np.arange(len(sound)) / SAMPLE_RATE_HZ)
    return 2 * abs((sound * turns).mean())
