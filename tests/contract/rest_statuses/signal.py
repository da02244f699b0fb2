"""Signals."""

from tests.contract.rest_statuses.case import API, EMPTY, ERROR, NOTHING, Case

SIGNAL = f"{API}/signal"

CASES = [
    Case("POST", SIGNAL, {"session": "used"}, 200, EMPTY),
    Case("POST", SIGNAL, {"session": "used", "to": ["{active}"], "type": "t", "data": "d"}, 200, EMPTY),
    Case("POST", SIGNAL, {"session": "used", "to": [], "type": None, "data": None}, 200, EMPTY),
    Case("POST", SIGNAL, {}, 400, ERROR),
    Case("POST", SIGNAL, NOTHING, 400, ERROR),
    Case("POST", SIGNAL, {"session": 1}, 400, ERROR),
    Case("POST", SIGNAL, {"session": "used", "to": "x"}, 400, ERROR),
    Case("POST", SIGNAL, {"session": "used", "to": [1]}, 400, ERROR),
    Case("POST", SIGNAL, {"session": "used", "type": 1}, 400, ERROR),
    Case("POST", SIGNAL, {"session": "used", "data": {}}, 400, ERROR),
    Case("POST", SIGNAL, {"session": "nowhere", "data": {}}, 400, ERROR),
    Case("POST", SIGNAL, {"session": "nowhere"}, 404, EMPTY),
    Case("POST", SIGNAL, {"session": "unused"}, 406, EMPTY),
    Case("POST", SIGNAL, {"session": "used", "to": ["{active}", "unknown"]}, 406, ERROR),
    Case("POST", SIGNAL, {"session": "used", "to": ["{pending}"]}, 406, ERROR),
    Case("GET", SIGNAL, NOTHING, 405, EMPTY),
]

REASONS: dict[tuple[str, str, int], str] = {}
