"""What an unmodified client is told of publishers' networks."""

from __future__ import annotations

import pytest

from tests.browser.meeting import Meeting

EVENT = "networkQualityLevelChanged"


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    return {"OPENVIDU_PRO_NETWORK_QUALITY": "true", "OPENVIDU_PRO_NETWORK_QUALITY_INTERVAL": "1"}


def test_everybody_hears_of_a_publishers_network(meeting: Meeting) -> None:
    alice, bob = meeting.join(), meeting.join()
    bob.sees(alice.publish())
    for participant in (alice, bob):
        first = participant.wait_for(EVENT, oldValue=0)
        assert first["connectionId"] == alice.connection_id
        assert 1 <= first["newValue"] <= 5

    alice.lose_media()
    for participant in (alice, bob):
        last = participant.wait_for(EVENT, newValue=0)
        assert last["connectionId"] == alice.connection_id
        assert last["oldValue"] > 0
