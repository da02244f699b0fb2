import pytest

from ovrouter.rest.legacy import current_path
from tests.unit.rest.harness import Rest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/api/sessions", "/openvidu/api/sessions"),
        ("/config", "/openvidu/api/config"),
        ("/config/openvidu-cdr", "/openvidu/api/config/openvidu-cdr"),
        ("/cdr", "/openvidu/cdr"),
        ("/cdr/x.log", "/openvidu/cdr/x.log"),
        ("/recordings/A/A.mp4", "/openvidu/recordings/A/A.mp4"),
        ("/layouts/custom/mine", "/openvidu/layouts/mine"),
        ("/info", "/openvidu/info"),
        ("/accept-certificate", "/openvidu/accept-certificate"),
        ("/openvidu/api/sessions", "/openvidu/api/sessions"),
        ("/configuration", "/configuration"),
        ("/", "/"),
    ],
)
def test_current_path(old, new):
    assert current_path(old) == new


async def test_old_path_is_served_with_method_and_body(rest):
    answer = await rest.ask("POST", "/api/sessions", {"customSessionId": "A"})
    assert answer.json["id"] == "A"
    assert (await rest.ask("GET", "/api/sessions", authorization=None)).status == 401


async def test_can_be_turned_off():
    assert (await Rest(support_deprecated_api=False).ask("GET", "/api/sessions")).status == 404
