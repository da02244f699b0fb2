"""Tokens."""

from tests.contract.rest_statuses.case import API, ERROR, JSON, Case

TOKENS = f"{API}/tokens"

CASES = [
    Case("POST", TOKENS, {"session": "used"}, 200, JSON),
    Case("POST", TOKENS, {}, 400, ERROR),
    Case("POST", TOKENS, {"session": 1}, 400, ERROR),
    Case("POST", TOKENS, {"session": "used", "role": "X"}, 400, ERROR),
    Case("POST", TOKENS, {"session": "used", "data": 1}, 400, ERROR),
    Case("POST", TOKENS, {"session": "used", "kurentoOptions": 1}, 400, ERROR),
    Case("POST", TOKENS, {"session": "used", "type": "X"}, 400, ERROR),
    Case("POST", TOKENS, {"session": "nowhere"}, 404, ERROR),
]

REASONS = {
    ("POST", TOKENS, 429): "proved for Connections by tests/unit/rest/test_errors.py",
}
