import numpy as np
import pytest

from ovrouter.compose.composer import Composer
from ovrouter.compose.participant import Participant
from tests.unit.compose.media import SECOND_US, KeptOutput, camera, loudness, microphone, play

HOUR_US = 3600 * SECOND_US


@pytest.fixture
def composer():
    return Composer(0)


def grey(level):
    return lambda _: level


def brightening(seconds):
    return int(60 + 40 * seconds)


def add(composer, *ids, **options):
    for id_ in ids:
        composer.add(id_, Participant("", **options))


def started(composer, now_us=0, **options):
    output = KeptOutput(**options)
    composer.start(output, now_us)
    return output


def test_every_camera_moves_in_its_own_cell(composer):
    add(composer, "a", "b", "c", "d")
    output = started(composer)
    play(composer, {id_: camera(2, brightening) for id_ in "abcd"})
    composer.stop(2 * SECOND_US)
    assert sorted(output.pictures) == list(range(21))
    for rows in (slice(0, 90), slice(90, 180)):
        for columns in (slice(0, 160), slice(160, 320)):
            early, late = (output.pictures[index][rows, columns].mean() for index in (3, 18))
            assert late - early == pytest.approx(60, abs=5)


def test_all_tones_are_in_the_mix_and_as_long_as_the_composition(composer):
    add(composer, "a", "b")
    output = started(composer)
    play(composer, {"a": microphone(2, 440), "b": microphone(2, 1000)})
    composer.stop(2 * SECOND_US)
    assert len(output.sound) == 2 * 48_000
    steady = output.sound[24_000:72_000, 0]
    assert loudness(steady, 440) == pytest.approx(0.3, abs=0.03)
    assert loudness(steady, 1000) == pytest.approx(0.3, abs=0.03)
    assert loudness(steady, 700) < 0.01


def test_many_loud_voices_are_bent_and_never_cut(composer):
    ids = "abcdefgh"
    add(composer, *ids)
    output = started(composer)
    play(composer, {id_: microphone(1, 300 + 100 * index, amplitude=0.9) for index, id_ in enumerate(ids)})
    composer.stop(SECOND_US)
    assert 0.9 < np.abs(output.sound).max() <= 1.0


def test_the_grid_flows_again_as_streams_come_and_go(composer):
    add(composer, "a")
    output = started(composer)
    play(composer, {"a": camera(1, grey(200))})
    add(composer, "b")
    play(composer, {"a": camera(1, grey(200), begin_us=SECOND_US), "b": camera(1, grey(50), begin_us=SECOND_US)})
    composer.remove("a")
    play(composer, {"b": camera(1, grey(50), begin_us=2 * SECOND_US)})
    composer.stop(3 * SECOND_US)
    assert (output.pictures[2] > 190).all(), "one camera fills the picture"
    assert (output.pictures[12][:, :160] > 190).all(), "then it has the left half"
    assert (output.pictures[12][:, 160:] < 60).all()
    assert (output.pictures[29] < 60).all(), "and then the other has all"


def test_a_muted_camera_gives_way_to_a_placeholder_until_its_next_keyframe(composer):
    composer.add("a", Participant("Grace Hopper"))
    output = started(composer)
    play(composer, {"a": camera(1, grey(200))})
    composer.switch_video("a", is_on=False)
    late = [*camera(2, grey(200), begin_us=SECOND_US)]
    play(composer, {"a": late[1:10]})
    assert composer.awaiting_keyframes == [], "nobody needs a keyframe of a muted camera"
    composer.switch_video("a", is_on=True)
    play(composer, {"a": late[10:]})
    assert composer.awaiting_keyframes == ["a"]
    play(composer, {"a": camera(1, grey(150), begin_us=3 * SECOND_US)})
    composer.stop(4 * SECOND_US)
    assert (output.pictures[2][:100] > 190).all()
    for index in (18, 28):
        assert output.pictures[index][:20].max() < 60, "a dark card"
        assert output.pictures[index].max() > 200, "with white letters"
    assert output.pictures[38][:100].mean() == pytest.approx(150, abs=3)


def test_a_screen_is_whole_and_a_camera_of_the_same_shape_is_cropped(composer):
    composer.add("screen", Participant("", is_screen=True))
    output = started(composer, size=(320, 320))
    play(composer, {"screen": camera(1, grey(200))})
    composer.stop(SECOND_US)
    assert (output.pictures[9][:60] == 16).all()
    assert (output.pictures[9][80:240] > 190).all()
    camera_only = Composer(0)
    add(camera_only, "a")
    output = started(camera_only, size=(320, 320))
    play(camera_only, {"a": camera(1, grey(200))})
    camera_only.stop(SECOND_US)
    assert (output.pictures[9][82:240] > 190).all()


def test_a_composition_that_starts_later_shows_at_once_who_is_there_already(composer):
    add(composer, "a")
    play(composer, {"a": camera(2, grey(200))})
    output = started(composer, now_us=2 * SECOND_US)
    play(composer, {"a": [frame for frame in camera(3, grey(200)) if frame.pts_us >= 2 * SECOND_US]})
    composer.stop(3 * SECOND_US)
    assert sorted(output.pictures) == list(range(11))
    assert (output.pictures[0] > 190).all()


def test_sound_before_the_start_is_left_out(composer):
    add(composer, "a")
    sound = [*microphone(3, 440, gate=lambda seconds: seconds < 1.5)]
    play(composer, {"a": sound[:100]})
    output = started(composer, now_us=2 * SECOND_US)
    play(composer, {"a": sound[100:]})
    composer.stop(3 * SECOND_US)
    assert len(output.sound) == 48_000
    assert np.abs(output.sound).max() < 0.01


def test_flash_and_clap_stay_together(composer):
    def is_on(seconds):
        return seconds % 1 < 0.1

    add(composer, "a")
    output = started(composer, frame_rate=25)
    flashes = camera(10, lambda seconds: 235 if is_on(seconds) else 16, fps=50, begin_us=HOUR_US)
    claps = microphone(10, 1000, gate=is_on, begin_us=HOUR_US)
    composer = Composer(HOUR_US)
    add(composer, "a")
    composer.start(output, HOUR_US)
    play(composer, {"a": [*flashes, *claps]})
    composer.stop(HOUR_US + 10 * SECOND_US)
    bright = [index for index, picture in output.pictures.items() if picture.mean() > 128]
    seen_s = [index / 25 for index in bright if index - 1 not in bright]
    loud = np.flatnonzero(np.abs(output.sound[:, 0]) > 0.1) / 48_000
    heard_s = [loud[0], *loud[1:][np.diff(loud) > 0.5]]
    assert len(seen_s) == len(heard_s) == 10
    assert np.abs(np.subtract(seen_s, heard_s)).max() < 0.04


def test_a_machine_that_falls_behind_leaves_pictures_out_and_no_sound(composer):
    add(composer, "a")
    output = started(composer)
    composer.receive("a", next(iter(camera(1, grey(200)))))
    composer.advance(10 * SECOND_US)
    assert len(output.pictures) < 10
    composer.stop(10 * SECOND_US)
    assert len(output.sound) == 10 * 48_000


def test_sound_alone_needs_no_pictures(composer):
    add(composer, "a")
    output = started(composer, size=None)
    play(composer, {"a": microphone(1, 440)})
    composer.stop(SECOND_US)
    assert not output.pictures
    assert len(output.sound) == 48_000


def test_frames_that_no_decoder_takes_do_no_harm(composer):
    add(composer, "a")
    output = started(composer)
    good = [*camera(1, grey(200))]
    bad = [type(frame)("VP8", b"\xff" * 40, frame.pts_us, frame.is_keyframe) for frame in good]
    play(composer, {"a": bad, "unknown": good})
    composer.stop(SECOND_US)
    assert output.pictures[9].max() <= 235


def test_frames_of_a_far_future_do_not_pile_up(composer):
    add(composer, "a")
    future = list(camera(7, grey(200), begin_us=HOUR_US))
    composer.receive("a", future[0])
    assert composer.awaiting_keyframes == []
    for frame in future[1:]:
        composer.receive("a", frame)
    assert composer.awaiting_keyframes == ["a"]
