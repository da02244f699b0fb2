"""Frames out of packets: ends of frames, losses, repair, reports."""

import random

import pytest

from ovrouter.depacketize.jitter import MAX_WAIT_US
from ovrouter.depacketize.rtp import RtpPacket, SenderReport
from ovrouter.depacketize.timeline import SenderClock
from ovrouter.depacketize.track import REPORT_WAIT_US, TrackReader

START_US = 1000_000_000
KEY, DELTA = b"\x10\x02key", b"\x10\x01delta"


def packet(sequence, timestamp=0, payload=DELTA, *, marker=True, pt=96):
    return RtpPacket(pt, marker, sequence & 0xFFFF, timestamp, 2, payload)


@pytest.fixture
def track():
    track = TrackReader({96: "VP8", 98: "VP9"}, 90000, SenderClock())
    track.note_report(SenderReport(2, 0, 0), START_US)
    return track


def run(track, *packets, now_us=START_US):
    for each in packets:
        track.receive(each, now_us)
    return [(frame.data, frame.pts_us - START_US, frame.is_keyframe) for frame in track.frames(now_us)]


def test_packets_of_one_picture_become_one_frame(track):
    out = run(track, packet(1, 0, KEY, marker=False), packet(2, 0, b"\x00 and more"), packet(3, 3000))
    assert out == [(b"\x02key and more", 0, True), (b"\x01delta", 33_333, False)]


def test_a_new_timestamp_ends_a_frame_that_has_no_marker(track):
    out = run(track, packet(1, 0, KEY, marker=False), packet(2, 3000, marker=False), packet(3, 6000, marker=False))
    assert [pts for _, pts, _ in out] == [0, 33_333]


def test_after_a_loss_nothing_comes_before_the_next_keyframe(track):
    assert len(run(track, packet(1, 0, KEY), packet(3, 6000), packet(4, 9000))) == 1
    assert run(track, now_us=START_US + MAX_WAIT_US) == []
    assert track.wants_keyframe
    track.wants_keyframe = False
    assert run(track, packet(5, 12000), now_us=START_US + MAX_WAIT_US) == []
    assert not track.wants_keyframe
    out = run(track, packet(6, 15000, KEY), packet(7, 18000), now_us=START_US + MAX_WAIT_US)
    assert [is_keyframe for *_, is_keyframe in out] == [True, False]
    assert track.buffer.lost_packets == 1


def test_a_repaired_loss_is_none(track):
    run(track, packet(1, 0, KEY), packet(3, 6000))
    assert len(run(track, packet(2, 3000))) == 2
    assert not track.wants_keyframe


def test_a_frame_that_does_not_fit_together_is_left_out(track):
    assert run(track, packet(1, 0, b"\x00no beginning"), packet(2, 3000)) == []
    assert (track.damaged_frames, track.wants_keyframe) == (1, True)


def test_frames_wait_a_little_for_the_first_report():
    track = TrackReader({96: "VP8"}, 90000, SenderClock())
    assert run(track, packet(1, 0, KEY)) == []
    track.note_report(SenderReport(2, 0, 0), START_US - 70_000)
    assert [pts for _, pts, _ in run(track)] == [-70_000]


def test_frames_do_not_wait_for_ever_for_a_report():
    track = TrackReader({96: "VP8"}, 90000, SenderClock())
    assert run(track, packet(1, 0, KEY), now_us=START_US) == []
    assert [pts for _, pts, _ in run(track, now_us=START_US + REPORT_WAIT_US)] == [0]


def test_other_payload_types_and_padding_are_passed_over(track):
    assert run(track, packet(1, 0, KEY, pt=50), packet(1, 0, b"")) == []


def test_the_codec_may_change_between_frames(track):
    track.receive(packet(1, 0, KEY), START_US)
    track.receive(packet(2, 3000, b"\x0cvp9", pt=98), START_US)
    assert [frame.codec for frame in track.frames(START_US)] == ["VP8", "VP9"]


def test_sound_goes_on_after_a_loss():
    track = TrackReader({111: "opus"}, 48000, SenderClock())
    track.note_report(SenderReport(1, 0, 0), START_US)
    for sequence in (1, 2, 4):
        track.receive(packet(sequence, sequence * 960, b"\xfcsound", marker=False, pt=111), START_US)
    out = [frame.pts_us - START_US for frame in track.frames(START_US + MAX_WAIT_US - 1)]
    assert out == [20_000, 40_000]
    out = [frame.pts_us - START_US for frame in track.frames(START_US + MAX_WAIT_US)]
    assert out == [80_000]
    assert not track.wants_keyframe


@pytest.mark.parametrize("seed", range(5))
def test_losses_move_neither_sound_nor_pictures_and_hold_nothing_up(seed):
    seconds, clock, chance = 20, SenderClock(), random.Random(seed)
    sound, pictures = TrackReader({111: "opus"}, 48000, clock), TrackReader({96: "VP8"}, 90000, clock)
    for track in (sound, pictures):
        track.note_report(SenderReport(2, 0, 0), START_US)
    sent = [(number * 20_000, sound, packet(number, number * 960, b"\xfcs", pt=111)) for number in range(seconds * 50)]
    sent += [(number * 40_000, pictures, packet(number, number * 3600, KEY)) for number in range(seconds * 25)]
    sent = sorted((each for each in sent if chance.random() > 0.05), key=lambda each: each[0])
    for captured_us, track, each in sent:
        now_us = START_US + captured_us + 30_000
        track.receive(each, now_us)
        for frame in track.frames(now_us):
            assert now_us - frame.pts_us <= MAX_WAIT_US + 100_000
            assert (frame.pts_us - START_US) % (20_000 if track is sound else 40_000) == 0
    left = [frame.pts_us for track in (sound, pictures) for frame in track.frames(START_US * 2)]
    assert max(left, default=0) <= START_US + seconds * 1_000_000
    assert sound.buffer.lost_packets == pytest.approx(50, abs=25)
