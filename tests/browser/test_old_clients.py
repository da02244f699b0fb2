"""Clients of three releases in one Session; subscribers offer, or the server does to those that know how to answer."""

from __future__ import annotations

import pytest

from tests.browser.libraries import CURRENT, OLD
from tests.browser.meeting import Meeting, lose_sockets_for_a_moment
from tests.browser.relay import Relay


@pytest.fixture(scope="module", params=["mediasoup", "kurento"])
def router_settings(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"OPENVIDU_ENTERPRISE_MEDIA_SERVER": request.param}


def test_three_releases_see_and_hear_each_other(meeting: Meeting) -> None:
    participants = [meeting.join(library=library) for library in (CURRENT, *OLD)]
    streams = [participant.publish() for participant in participants]

    for viewer in participants:
        for publisher, stream in zip(participants, streams, strict=True):
            if publisher is not viewer:
                viewer.sees(stream)
                viewer.hears(stream)


@pytest.mark.parametrize("library", OLD)
def test_an_old_client_signals_mutes_moderates_and_leaves(meeting: Meeting, library: str) -> None:
    old, new = meeting.join("MODERATOR", library=library), meeting.join()
    of_old, of_new = old.publish(), new.publish()
    new.sees(of_old)
    old.sees(of_new)

    old.signal("chat", "from the old one")
    new.wait_for("signal", data="from the old one")
    new.signal("chat", "from the new one")
    old.wait_for("signal", data="from the new one")

    old.publish_audio(active=False)
    new.wait_for("streamPropertyChanged", changedProperty="audioActive", newValue=False)
    new.publish_video(active=False)
    old.wait_for("streamPropertyChanged", changedProperty="videoActive", newValue=False)

    old.force_unpublish(of_new)
    new.wait_for("ownStreamDestroyed", reason="forceUnpublishByUser")
    old.wait_for("streamDestroyed", streamId=of_new)
    old.unpublish()
    new.wait_for("streamDestroyed", streamId=of_old, reason="unpublish")
    old.disconnect()
    new.wait_for("connectionDestroyed", connectionId=old.connection_id, reason="disconnect")


@pytest.mark.parametrize("library", OLD)
def test_an_old_client_negotiates_anew_after_a_cut(meeting: Meeting, relay: Relay, library: str) -> None:
    old, new = meeting.join(library=library, via_port=relay.port), meeting.join()
    of_old, of_new = old.publish(), new.publish()
    old.sees(of_new)
    new.sees(of_old)

    old.lose_media()
    lose_sockets_for_a_moment(relay, old)

    old.publishes_on_new_connection()
    old.receives_on_new_connection(of_new)
    old.sees(of_new)
    new.sees(of_old)
    assert new.log("streamDestroyed", "connectionDestroyed") == []
