from ovrouter.rtc import extensions
from ovrouter.rtc.extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    PLAYOUT_DELAY,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    VIDEO_ORIENTATION,
)
from ovrouter.rtc.sdp import HeaderExtension

OFFERED = [
    HeaderExtension(index, uri)
    for index, uri in enumerate(
        [MID, RID, REPAIRED_RID, TRANSPORT_CC, ABS_SEND_TIME, DEPENDENCY_DESCRIPTOR, "urn:x"], 1
    )
]


def uris(found):
    return {extension.uri for extension in found}


def test_plain_publishers_must_not_send_their_mid():
    assert uris(extensions.accepted(OFFERED, is_simulcast=False)) == {
        TRANSPORT_CC,
        ABS_SEND_TIME,
        DEPENDENCY_DESCRIPTOR,
    }


def test_simulcast_needs_stream_ids_and_no_dependency_descriptor():
    assert uris(extensions.accepted(OFFERED, is_simulcast=True)) == {
        MID,
        RID,
        REPAIRED_RID,
        TRANSPORT_CC,
        ABS_SEND_TIME,
    }


def test_only_what_can_be_sent_in_one_byte_form_is_accepted():
    offered = [
        HeaderExtension(1, AUDIO_LEVEL, "recvonly"),
        HeaderExtension(14, VIDEO_ORIENTATION, "sendonly"),
        HeaderExtension(15, PLAYOUT_DELAY),
        HeaderExtension(0, TRANSPORT_CC),
    ]
    assert uris(extensions.accepted(offered, is_simulcast=False)) == {VIDEO_ORIENTATION}


def test_an_answer_turns_the_direction_round():
    assert extensions.answered(HeaderExtension(3, AUDIO_LEVEL, "sendonly")) == HeaderExtension(
        3, AUDIO_LEVEL, "recvonly"
    )
    assert extensions.answered(HeaderExtension(3, AUDIO_LEVEL)) == HeaderExtension(3, AUDIO_LEVEL)


def test_translation_covers_what_both_have_and_what_concerns_the_media():
    source = [(AUDIO_LEVEL, 1), (ABS_SEND_TIME, 2), (VIDEO_ORIENTATION, 13), (PLAYOUT_DELAY, 5)]
    subscriber = [
        HeaderExtension(4, VIDEO_ORIENTATION),
        HeaderExtension(7, ABS_SEND_TIME),
        HeaderExtension(1, AUDIO_LEVEL),
        HeaderExtension(5, PLAYOUT_DELAY, "sendonly"),
    ]
    assert extensions.translation(source, subscriber) == ((1, 1), (13, 4))


def test_the_number_that_we_write_follows_the_publisher_or_is_free():
    assert extensions.numbered([[(AUDIO_LEVEL, 1)], [(TRANSPORT_CC, 4)]]) == (HeaderExtension(4, TRANSPORT_CC),)
    assert extensions.numbered([[(AUDIO_LEVEL, 1), (MID, 2)], [(MID, 2)]]) == (HeaderExtension(3, TRANSPORT_CC),)
    other_meaning = [[(AUDIO_LEVEL, 1), (TRANSPORT_CC, 3)], [(TRANSPORT_CC, 1)]]
    assert extensions.numbered(other_meaning) == (HeaderExtension(3, TRANSPORT_CC),)
    assert extensions.numbered([[(AUDIO_LEVEL, 1)], [(TRANSPORT_CC, 1)]]) == (HeaderExtension(2, TRANSPORT_CC),)


def test_without_a_free_id_nothing_is_offered():
    assert extensions.numbered([[(f"urn:{id_}", id_) for id_ in range(1, 15)]]) == ()
