"""Ends of streams, participants and Sessions: who is told what, in which order."""

from __future__ import annotations

import httpx

from tests.browser.meeting import Meeting
from tests.browser.participant import Participant

DEPARTURES = ("ownStreamDestroyed", "streamDestroyed", "connectionDestroyed", "sessionDisconnected")


def departures(participant: Participant) -> list[tuple[str, str]]:
    """Type and reason of every end that *participant* was told of, in order."""
    return [(event["type"], event["reason"]) for event in participant.log(*DEPARTURES)]


def test_leaving(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    bob.sees(alice.publish())

    alice.disconnect()

    bob.wait_for("connectionDestroyed", connectionId=alice.connection_id)
    assert departures(bob) == [("streamDestroyed", "disconnect"), ("connectionDestroyed", "disconnect")]
    assert departures(alice)[-1] == ("sessionDisconnected", "disconnect")


def test_unpublishing_and_publishing_again(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    first = alice.publish()
    bob.sees(first)

    alice.unpublish()
    bob.wait_for("streamDestroyed", streamId=first, reason="unpublish")
    second = alice.publish()

    assert second != first
    bob.sees(second)
    assert bob.log("connectionDestroyed") == []


def test_a_moderator_unpublishes_a_stream(meeting: Meeting) -> None:
    alice, moderator = meeting.join(), meeting.join("MODERATOR")
    stream = alice.publish()
    moderator.sees(stream)

    moderator.force_unpublish(stream)

    moderator.wait_for("streamDestroyed", streamId=stream, reason="forceUnpublishByUser")
    alice.wait_for("ownStreamDestroyed", reason="forceUnpublishByUser")
    assert alice.log("sessionDisconnected") == []
    moderator.sees(alice.publish())


def test_rest_unpublishes_a_stream(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    bob.sees(stream)

    meeting.router.delete(f"sessions/{meeting.session_id}/stream/{stream}")

    bob.wait_for("streamDestroyed", streamId=stream, reason="forceUnpublishByServer")
    alice.wait_for("ownStreamDestroyed", reason="forceUnpublishByServer")


def test_a_moderator_disconnects_a_participant(meeting: Meeting) -> None:
    alice, bob, moderator = meeting.join(), meeting.join(), meeting.join("MODERATOR")
    bob.sees(alice.publish())

    moderator.force_disconnect(alice.connection_id)

    reason = "forceDisconnectByUser"
    alice.wait_for("sessionDisconnected", reason=reason)
    for witness in (bob, moderator):
        witness.wait_for("connectionDestroyed", connectionId=alice.connection_id)
        assert departures(witness) == [("streamDestroyed", reason), ("connectionDestroyed", reason)]


def test_rest_disconnects_a_participant(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    bob.sees(alice.publish())

    meeting.router.delete(f"sessions/{meeting.session_id}/connection/{alice.connection_id}")

    reason = "forceDisconnectByServer"
    alice.wait_for("sessionDisconnected", reason=reason)
    bob.wait_for("connectionDestroyed", connectionId=alice.connection_id)
    assert departures(bob) == [("streamDestroyed", reason), ("connectionDestroyed", reason)]


def test_closing_a_session_ends_its_participants_one_after_another(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    bob.sees(alice.publish())

    meeting.close_session()

    reason = "sessionClosedByServer"
    alice.wait_for("sessionDisconnected", reason=reason)
    bob.wait_for("sessionDisconnected", reason=reason)
    assert departures(bob) == [
        ("streamDestroyed", reason),
        ("connectionDestroyed", reason),
        ("sessionDisconnected", reason),
    ]
    response = meeting.router.rest.get(f"/openvidu/api/sessions/{meeting.session_id}")
    assert response.status_code == httpx.codes.NOT_FOUND
