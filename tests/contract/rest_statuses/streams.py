"""Streams."""

from tests.contract.rest_statuses.case import EMPTY, NOTHING, NOWHERE, SESSIONS, UNUSED, USED, Case

CASES = [
    Case("DELETE", f"{USED}/stream/{{stream}}", NOTHING, 204, EMPTY),
    Case("DELETE", f"{USED}/stream/unknown", NOTHING, 404, EMPTY),
    Case("DELETE", f"{UNUSED}/stream/{{stream}}", NOTHING, 404, EMPTY),
    Case("DELETE", f"{NOWHERE}/stream/{{stream}}", NOTHING, 400, EMPTY),
    Case("GET", f"{USED}/stream/{{stream}}", NOTHING, 405, EMPTY),
]

REASONS = {
    (
        "DELETE",
        f"{SESSIONS}/{{session_id}}/stream/{{stream_id}}",
        405,
    ): "only for IP cameras, which are not in this release",
}
