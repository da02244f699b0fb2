"""Speech to text."""

from tests.contract.rest_statuses.case import API, ERROR, Case
from tests.contract.rest_statuses.documented import DOCUMENTED

SPEECH = f"{API}/speech-to-text"
MODEL = {"lang": "en-US", "mediaNode": {"id": "media_local"}}

CASES = [
    Case("POST", f"{SPEECH}/load", MODEL, 501, ERROR),
    Case("POST", f"{SPEECH}/unload", MODEL, 501, ERROR),
]

REASONS = {
    (method, path, status): "speech to text is not in this release"
    for (method, path), statuses in DOCUMENTED.items()
    for status in statuses
    if path.startswith(SPEECH) and status != 501
}
