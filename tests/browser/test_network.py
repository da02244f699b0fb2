"""Cut sockets, killed tabs, and media that goes on or comes back."""

from __future__ import annotations

from tests.browser.meeting import Meeting, lose_sockets_for_a_moment
from tests.browser.relay import Relay

RECONNECTION_WINDOW_MS = 10_000
GONE = "networkDisconnect"


def test_a_cut_socket_resumes_while_media_goes_on(meeting: Meeting, relay: Relay) -> None:
    alice, bob = meeting.join(), meeting.join(via_port=relay.port)
    stream = alice.publish()
    bob.sees(stream)

    relay.cut()
    bob.wait_for("reconnecting")
    bob.keeps_up_with(alice, stream)
    alice.signal("chat", "said during the cut")
    relay.mend()

    bob.wait_for("reconnected")
    bob.wait_for("signal", data="said during the cut")
    bob.signal("chat", "back again")
    alice.wait_for("signal", data="back again")
    assert alice.log("connectionDestroyed") == bob.log("sessionDisconnected") == []


def test_a_publisher_negotiates_anew_after_a_cut(meeting: Meeting, relay: Relay) -> None:
    alice, bob = meeting.join(via_port=relay.port, force_media_reconnection=True), meeting.join()
    stream = alice.publish()
    bob.sees(stream)

    lose_sockets_for_a_moment(relay, alice)

    alice.publishes_on_new_connection()
    bob.sees(stream)
    bob.keeps_up_with(alice, stream)
    assert bob.log("streamDestroyed") == []


def test_a_subscriber_negotiates_anew_after_a_cut(meeting: Meeting, relay: Relay) -> None:
    alice, bob = meeting.join(), meeting.join(via_port=relay.port, force_media_reconnection=True)
    stream = alice.publish()
    bob.sees(stream)

    lose_sockets_for_a_moment(relay, bob)

    bob.receives_on_new_connection(stream)
    bob.sees(stream)
    bob.hears(stream)


def test_the_others_are_told_of_a_killed_tab(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    bob.sees(stream)

    alice.close()

    patience_ms = 2 * RECONNECTION_WINDOW_MS
    bob.wait_for("connectionDestroyed", timeout_ms=patience_ms, connectionId=alice.connection_id, reason=GONE)
    bob.wait_for("streamDestroyed", streamId=stream, reason=GONE)
