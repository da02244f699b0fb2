"""A Session with participants in it, and the end of both."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser

from tests.browser.libraries import CURRENT
from tests.browser.participant import Participant
from tests.browser.relay import Relay
from tests.browser.router_process import RouterProcess
from tests.interop.lossy_relay import LossyRelay

__all__ = ["Meeting", "lose_sockets_for_a_moment"]


class Meeting(contextlib.AbstractContextManager["Meeting"]):
    """Creates its Session with the first use; closes the pages of all who joined."""

    def __init__(self, router: RouterProcess, browser: Browser, pages_url: str) -> None:
        self.router = router
        self.session_id = ""
        self._browser = browser
        self._pages_url = pages_url
        self._participants: list[Participant] = []

    def open(self, **session_properties: Any) -> None:
        """Create the Session with other than default properties."""
        self.session_id = self.router.create_session(**session_properties)

    def token(self, role: str = "PUBLISHER", **properties: Any) -> str:
        """A token of *role*; *properties* are other members of the Connection."""
        if not self.session_id:
            self.open()
        return self.router.create_token(self.session_id, role=role, **properties)

    def join(
        self,
        role: str = "PUBLISHER",
        *,
        library: str = CURRENT,
        via_port: int | None = None,
        lossy: LossyRelay | None = None,
        connection: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Participant:
        """A new page that has joined.

        *via_port* leads its signaling through a relay, *lossy* its media, *connection* has properties of the
        Connection, *options* go to :meth:`Participant.connect`.
        """
        participant = Participant(self._browser, self._pages_url, library)
        self._participants.append(participant)
        token = self.token(role, **(connection or {}))
        if via_port is not None:
            token = token.replace(f":{self.router.port}", f":{via_port}")
        if lossy is not None:
            participant.go_through(lossy)
        participant.connect(token, **options)
        return participant

    def close_session(self) -> None:
        """``DELETE /sessions/<id>``."""
        self.router.delete(f"sessions/{self.session_id}")

    def __exit__(self, *_: object) -> None:
        for participant in self._participants:
            participant.close()


def lose_sockets_for_a_moment(relay: Relay, *participants: Participant) -> None:
    """Cut the relay that *participants* came through until they notice; they reconnect."""
    relay.cut()
    for participant in participants:
        participant.wait_for("reconnecting")
    relay.mend()
    for participant in participants:
        participant.wait_for("reconnected")
