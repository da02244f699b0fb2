"""Who speaks, from how loud everybody is."""

from ovrouter.media.speaker import MEMORY_STEPS, STEP_S, SpeakerDetector

SPEECH, QUIET_ROOM, FAN, SILENCE = 95, 55, 75, 0


def heard(detector, seconds, **loudness):
    """Play *loudness* for some seconds; the speakers on the way, each once."""
    speakers = []
    for _ in range(round(seconds / STEP_S)):
        detector.step(loudness)
        if not speakers or speakers[-1] != detector.speaker:
            speakers.append(detector.speaker)
    return speakers


def test_who_speaks_is_the_speaker_within_a_third_of_a_second():
    assert heard(SpeakerDetector(), 0.3, alice=SPEECH, bob=QUIET_ROOM) == ["alice"]


def test_nobody_is_the_speaker_in_a_quiet_room():
    assert heard(SpeakerDetector(), 60, alice=QUIET_ROOM, bob=SILENCE) == [None]


def test_another_takes_over_within_a_second():
    detector = SpeakerDetector()
    heard(detector, 5, alice=SPEECH, bob=QUIET_ROOM)
    assert heard(detector, 1, alice=QUIET_ROOM, bob=SPEECH) == ["alice", "bob"]


def test_a_word_in_between_does_not_take_over():
    detector = SpeakerDetector()
    heard(detector, 5, alice=SPEECH, bob=QUIET_ROOM)
    assert heard(detector, 0.4, alice=SPEECH, bob=SPEECH + 25) == ["alice"]
    assert heard(detector, 5, alice=SPEECH, bob=QUIET_ROOM) == ["alice"]


def test_two_equally_loud_ones_do_not_flap():
    detector = SpeakerDetector()
    heard(detector, 2, alice=SPEECH, bob=QUIET_ROOM)
    for _ in range(4):
        assert heard(detector, 1, alice=SPEECH - 3, bob=SPEECH) == ["alice"]
        assert heard(detector, 1, alice=SPEECH, bob=SPEECH - 3) == ["alice"]


def test_who_is_much_louder_for_long_takes_over():
    detector = SpeakerDetector()
    heard(detector, 2, alice=SPEECH - 20, bob=QUIET_ROOM)
    assert heard(detector, 2, alice=SPEECH - 20, bob=SPEECH) == ["alice", "bob"]


def test_pauses_between_words_do_not_end_it():
    detector = SpeakerDetector()
    heard(detector, 1, alice=SPEECH, bob=QUIET_ROOM)
    for _ in range(20):
        assert heard(detector, 1, alice=QUIET_ROOM, bob=QUIET_ROOM) == ["alice"]
        assert heard(detector, 0.5, alice=SPEECH, bob=QUIET_ROOM) == ["alice"]


def test_after_a_long_silence_nobody_is():
    detector = SpeakerDetector()
    heard(detector, 2, alice=SPEECH)
    assert heard(detector, MEMORY_STEPS * STEP_S + 3, alice=QUIET_ROOM) == ["alice", None]


def test_a_fan_is_no_speaker_for_long_and_does_not_hide_one():
    detector = SpeakerDetector()
    heard(detector, 60, alice=FAN, bob=QUIET_ROOM)
    assert detector.speaker is None
    assert heard(detector, 1, alice=FAN + 20, bob=QUIET_ROOM)[-1] == "alice"
    assert heard(detector, 2, alice=FAN, bob=SPEECH)[-1] == "bob"


def test_speaking_on_for_minutes_is_not_taken_for_noise():
    detector = SpeakerDetector()
    for _ in range(300):
        heard(detector, 1.5, alice=SPEECH)
        assert detector.speaker == "alice"
        heard(detector, 0.2, alice=QUIET_ROOM)


def test_who_leaves_is_the_speaker_no_more():
    detector = SpeakerDetector()
    heard(detector, 2, alice=SPEECH, bob=QUIET_ROOM)
    assert heard(detector, 0.1, bob=QUIET_ROOM) == [None]
    heard(detector, 1, bob=SPEECH)
    assert heard(detector, 0.1) == [None]
