import pytest

from ovrouter.compose.scene import display_name


class Data:
    def __init__(self, client_data, server_data=""):
        self.client_data = client_data
        self.server_data = server_data


@pytest.mark.parametrize(
    ("client_data", "server_data", "name"),
    [
        ("Grace", "", "Grace"),
        ('{"clientData": "Grace"}', "", "Grace"),
        ('{"nickname": "Grace", "avatar": "x.png"}', "", "Grace"),
        ('{"clientData": {"name": "Grace"}}', "", ""),
        ('{"avatar": "x.png"}', '{"name": "Grace"}', "Grace"),
        ("", "Grace", "Grace"),
        ("17", "", "17"),
        ('"Grace"', "", '"Grace"'),
        ("{broken", "", "{broken"),
        ("[" * 100_000, "", "[" * 100_000),
        ("", "", ""),
    ],
)
def test_the_name_is_found_where_applications_put_it(client_data, server_data, name):
    assert display_name(Data(client_data, server_data)) == name
