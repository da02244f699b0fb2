"""Webhooks: every event to the application's endpoint, sooner or later (warm)."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import trio

from ovrouter import ids
from ovrouter.config import Config
from ovrouter.isolate import isolated
from ovrouter.reporting.commit import GroupCommit
from ovrouter.reporting.endpoint import MAX_REQUESTS, Endpoint, open_endpoint
from ovrouter.reporting.event_json import Json
from ovrouter.reporting.journal import Journal
from ovrouter.reporting.lanes import Lanes, LanesFull
from ovrouter.reporting.losses import Losses
from ovrouter.reporting.report import Report, line_of, settled_line
from ovrouter.reporting.retry import Verdict, delays_s
from ovrouter.reporting.shelter import open_shelter

__all__ = ["Webhooks", "open_webhooks"]

MAX_WAITING_BYTES = 128 * 1024 * 1024
"""Of all events that wait, in memory and on disk: some 100,000, or ten minutes of 170 a second."""
GIVE_UP_S = 24 * 3600.0
"""How long an endpoint may be away. Events of the same Session wait behind one that fails for so long."""
DRAIN_S = 0.5
"""How long an end waits for deliveries; what is left is delivered after the next start."""
COMPLAINT_INTERVAL_S = 60.0
"""Between two log lines about an endpoint that is away."""

_log = logging.getLogger("ovrouter.webhook")


class Webhooks:
    """Comes from :func:`open_webhooks`."""

    def __init__(self, endpoint: Endpoint, journal: Journal, names: frozenset[str], nursery: trio.Nursery) -> None:
        self._endpoint = endpoint
        self._journal = journal
        self._names = names
        self._nursery = nursery
        self._lanes = Lanes(MAX_WAITING_BYTES)
        self._losses = Losses(_log, "webhooks")
        self._commit = GroupCommit(self._write, Losses(_log, "journal of the webhooks", "not safe from a crash"))
        self._requests = trio.CapacityLimiter(MAX_REQUESTS)
        self._failed_attempts = 0
        self._silent_until_s = -math.inf
        self._drained = trio.lowlevel.ParkingLot()
        nursery.start_soon(self._commit.run)

    def report(self, name: str, members: Json) -> None:
        """Have an event delivered if the configuration names it."""
        if name not in self._names:
            return
        body = msgspec.json.encode({**members, "event": name})
        report = Report(ids.event_id(), members.get("uniqueSessionId", ""), name, msgspec.Raw(body))
        if self._deliver_soon(report):
            self._commit.put(line_of(report))

    async def durable(self) -> None:
        """Return when what was reported is on disk."""
        await self._commit.durable()

    def resume(self, reports: list[Report]) -> None:
        """Go on with what an earlier router left in the journal."""
        for report in reports:
            self._deliver_soon(report)

    async def drained(self) -> None:
        """Return when nothing waits for the endpoint."""
        while self._lanes:
            await self._drained.park()

    async def flush(self) -> None:
        """Return when it is on disk what was delivered and what was not."""
        await self._commit.flush()

    def _deliver_soon(self, report: Report) -> bool:
        try:
            is_new_lane = self._lanes.add(report)
        except LanesFull:
            self._losses.add(1, f"{MAX_WAITING_BYTES} bytes wait for {self._endpoint}")
            return False
        if is_new_lane:
            self._nursery.start_soon(self._serve, report.lane)
        return True

    async def _serve(self, lane: str) -> None:
        """Deliver the reports of one lane, one after another."""
        while (report := self._lanes.head(lane)) is not None:
            await isolated("webhook", self._deliver, report)
            self._lanes.settle(report)
            self._losses.end()
            self._commit.put(settled_line(report), is_promised=False)
        if not self._lanes:
            self._drained.unpark_all()

    async def _deliver(self, report: Report) -> None:
        """Try until the endpoint takes it, refuses it, or has been away for too long."""
        give_up_at = trio.current_time() + GIVE_UP_S
        for delay_s in delays_s(random.random):
            async with self._requests:
                verdict, words = await self._endpoint.post(report)
            if verdict is Verdict.DELIVERED:
                return
            if verdict is Verdict.REFUSED or trio.current_time() > give_up_at:
                _log.error("gave up %s %s of %s: %s", report.name, report.id, report.lane, words)
                return
            self._complain(words)
            await trio.sleep(delay_s)

    def _complain(self, words: str) -> None:
        """Log that attempts fail, at the first and then now and then."""
        self._failed_attempts += 1
        if trio.current_time() >= self._silent_until_s:
            _log.warning(
                "%s: attempts that failed: %d, the last one: %s; events are kept and sent again",
                self._endpoint,
                self._failed_attempts,
                words,
            )
            self._failed_attempts = 0
            self._silent_until_s = trio.current_time() + COMPLAINT_INTERVAL_S

    async def _write(self, lines: list[bytes]) -> None:
        if self._journal.must_be_rewritten:
            # What waits is all that counts: the lines themselves are in it, or settled meanwhile.
            await trio.to_thread.run_sync(self._journal.rewrite, list(self._lanes))
        else:
            await trio.to_thread.run_sync(self._journal.append, lines)


@asynccontextmanager
async def open_webhooks(config: Config) -> AsyncIterator[Webhooks]:
    """Send events to the endpoint of *config*, and first those that an earlier router could not.

    Raises ConfigError if another router uses the data folder, and OSError.
    """
    journal = await trio.to_thread.run_sync(Journal, Path(config.ovrouter_data_dir) / "webhooks")
    try:
        reports, unreadable = await trio.to_thread.run_sync(journal.load)
        if reports or unreadable:
            _log.info("%d events wait since the last run; %d lines were unreadable", len(reports), unreadable)
        async with open_endpoint(config) as endpoint, open_shelter() as shelter:
            webhooks = Webhooks(endpoint, journal, frozenset(config.openvidu_webhook_events), shelter)
            webhooks.resume(reports)
            try:
                yield webhooks
            finally:
                await _finish(webhooks)
    finally:
        journal.close()


async def _finish(webhooks: Webhooks) -> None:
    with trio.CancelScope(shield=True):
        with trio.move_on_after(DRAIN_S):
            await webhooks.drained()
        await webhooks.flush()
