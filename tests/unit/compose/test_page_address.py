import pytest

from ovrouter.compose.page.address import page_url
from ovrouter.config import Config
from ovrouter.errors import CompositionFailed

QUERY = "sessionId=ses_A&secret=s3cret"


@pytest.fixture
def config(tmp_path):
    for folder in ("", "mine", "my other"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "index.html").touch()

    def make(**settings):
        given = {"openvidu_secret": "s3cret", "domain_or_public_ip": "ov.example.com", "https_port": 443}
        return Config(**given | {"openvidu_recording_custom_layout": f"{tmp_path}/"} | settings)

    return make


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        ("", "index.html"),
        ("mine", "mine/index.html"),
        ("/mine/", "mine/index.html"),
        ("my other", "my%20other/index.html"),
    ],
)
def test_a_folder_is_served_by_this_server_to_who_has_the_secret(config, layout, path):
    url = page_url(config(), "ses_A", layout)
    assert url == f"https://OPENVIDUAPP:s3cret@ov.example.com/openvidu/layouts/{path}?{QUERY}"


def test_the_browser_may_be_sent_another_way_and_without_credentials(config):
    settings = {
        "openvidu_recording_composed_url": "http://localhost:5443/",
        "openvidu_recording_composed_basicauth": False,
    }
    url = page_url(config(**settings), "ses_A", "mine")
    assert url == f"http://localhost:5443/openvidu/layouts/mine/index.html?{QUERY}"


@pytest.mark.parametrize(
    ("layout", "url"),
    [
        ("https://example.com/page", "https://example.com/page"),
        ("http://example.com/page#a", "http://example.com/page#a"),
        ("https://example.com/?dark=1", f"https://example.com/?dark=1&{QUERY}"),
        ("https://example.com/?secret=x&b=#a", "https://example.com/?secret=x&b=&sessionId=ses_A#a"),
        ("https://example.com/?sessionId=1&secret=2", "https://example.com/?sessionId=1&secret=2"),
    ],
)
def test_a_url_is_taken_as_it_is_and_only_a_query_is_completed(config, layout, url):
    assert page_url(config(), "ses_A", layout) == url


@pytest.mark.parametrize(
    ("layout", "why"), [("none", "there is no"), ("..", "leads out"), ("mine/../../x", "leads out")]
)
def test_a_folder_without_a_page_is_refused(config, layout, why):
    with pytest.raises(CompositionFailed, match=why):
        page_url(config(), "ses_A", layout)
