"""Signals between participants and from REST."""

from __future__ import annotations

from tests.browser.meeting import Meeting


def test_a_signal_reaches_everyone_its_sender_included(meeting: Meeting) -> None:
    alice, bob = meeting.join(data="Alice"), meeting.join(data="Bob")

    alice.signal("chat", "hello")

    for participant in (alice, bob):
        signal = participant.wait_for("signal", data="hello")
        assert (signal["signal"], signal["from"]) == ("signal:chat", alice.connection_id)


def test_an_addressed_signal_reaches_only_its_target(meeting: Meeting) -> None:
    alice, bob, carol = meeting.join(), meeting.join(), meeting.join()

    alice.signal("private", "for bob", to=[bob.connection_id])
    alice.signal("chat", "for all")

    carol.wait_for("signal", data="for all")
    bob.wait_for("signal", data="for all")
    assert [event["data"] for event in bob.log("signal")] == ["for bob", "for all"]
    assert [event["data"] for event in carol.log("signal")] == ["for all"]


def test_a_signal_from_the_server_has_no_sender(meeting: Meeting) -> None:
    alice = meeting.join()

    meeting.router.signal(meeting.session_id, type="news", data="from the server")

    assert alice.wait_for("signal", data="from the server")["from"] is None
    alice.wait_for("signal:news", data="from the server")
