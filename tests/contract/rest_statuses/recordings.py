"""Recordings."""

from tests.contract.rest_statuses.case import API, Case
from tests.contract.rest_statuses.documented import DOCUMENTED

CASES: list[Case] = []

REASONS = {
    (method, path, status): "recording is not in this release"
    for (method, path), statuses in DOCUMENTED.items()
    for status in statuses
    if path.startswith(f"{API}/recordings")
}
