"""Pictures and sound between browsers; the server offers to subscribers (mediasoup mode)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.browser.meeting import Meeting

LEAST_FRAMES_PER_SECOND = 15
FAKE_MICROPHONE_HZ = pytest.approx(400, abs=50)


def test_two_participants_see_and_hear_each_other(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    of_alice, of_bob = alice.publish(), bob.publish()

    for listener, speaker, stream in ((bob, alice, of_alice), (alice, bob, of_bob)):
        listener.sees(stream)
        assert listener.hears(stream) == FAKE_MICROPHONE_HZ
        assert listener.frames_per_second(stream) >= LEAST_FRAMES_PER_SECOND
        listener.keeps_up_with(speaker, stream)


def test_four_participants_see_each_other(meeting: Meeting) -> None:
    participants = [meeting.join() for _ in range(4)]
    streams = [participant.publish() for participant in participants]

    for viewer in participants:
        for publisher, stream in zip(participants, streams, strict=True):
            if publisher is not viewer:
                viewer.sees(stream)


def test_a_late_joiner_gets_a_picture_within_two_seconds(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    bob.sees(stream)

    carol = meeting.join()
    carol.sees(stream)
    assert carol.first_frame_ms() < 2000
    assert carol.keyframe_requests(stream) == 0


def test_a_subscriber_receives_and_may_not_publish(meeting: Meeting) -> None:
    alice, viewer = meeting.join(), meeting.join("SUBSCRIBER")
    viewer.sees(alice.publish())

    with pytest.raises(Error, match="OPENVIDU_PERMISSION_DENIED"):
        viewer.publish()
    viewer.signal("done", "")
    alice.wait_for("signal")
    assert alice.log("streamCreated") == []


def test_muting_is_told_and_takes_effect(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    bob.sees(stream)
    bob.hears(stream)

    alice.publish_video(active=False)
    bob.wait_for("streamPropertyChanged", changedProperty="videoActive", newValue=False, reason="publishVideo")
    bob.sees_black(stream)
    alice.publish_audio(active=False)
    bob.wait_for("streamPropertyChanged", changedProperty="audioActive", newValue=False, reason="publishAudio")
    bob.hears_nothing(stream)

    alice.publish_video(active=True)
    bob.wait_for("streamPropertyChanged", changedProperty="videoActive", newValue=True)
    bob.sees(stream)
    alice.publish_audio(active=True)
    bob.wait_for("streamPropertyChanged", changedProperty="audioActive", newValue=True)
    bob.hears(stream)


def test_a_screen_is_shared(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish(videoSource="screen", resolution="640x480")

    assert stream.startswith("str_SCR_")
    bob.sees_something(stream)
