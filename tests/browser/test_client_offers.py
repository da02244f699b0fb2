"""``OPENVIDU_ENTERPRISE_MEDIA_SERVER=kurento``: subscribers make the offers."""

from __future__ import annotations

import pytest

from tests.browser.meeting import Meeting, lose_sockets_for_a_moment
from tests.browser.relay import Relay


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    return {"OPENVIDU_ENTERPRISE_MEDIA_SERVER": "kurento"}


def test_two_participants_see_and_hear_each_other(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    of_alice, of_bob = alice.publish(), bob.publish()

    for listener, speaker, stream in ((bob, alice, of_alice), (alice, bob, of_bob)):
        listener.sees(stream)
        listener.hears(stream)
        listener.keeps_up_with(speaker, stream)
        assert listener.video_codec(stream) == "video/VP8"  # what this mode prefers


def test_both_sides_negotiate_anew_after_a_cut(meeting: Meeting, relay: Relay) -> None:
    alice, bob = (meeting.join(via_port=relay.port, force_media_reconnection=True) for _ in range(2))
    stream = alice.publish()
    bob.sees(stream)

    lose_sockets_for_a_moment(relay, alice, bob)

    alice.publishes_on_new_connection()
    bob.receives_on_new_connection(stream)
    bob.sees(stream)
    bob.hears(stream)
