"""The text of .env files: read verbatim, changed without touching the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter.env_file import parse_env_file, with_values

DEPLOYED = "# Domain\nDOMAIN_OR_PUBLIC_IP=example.com\n\n// old\n#HTTPS_PORT=1\nHTTPS_PORT=443\n"


def test_values_are_verbatim():
    text = '# comment\n// comment\n\nNAME = a=b c \r\nOTHER="quoted"\n'
    assert parse_env_file(text) == ({"NAME": " a=b c ", "OTHER": '"quoted"'}, [])


def test_a_line_without_equals_is_named_by_its_number_only():
    assert parse_env_file("A=1\nhunter2\n") == ({"A": "1"}, ["line 2 of the .env file: no '=' in it. Write NAME=value"])


def test_a_set_value_is_replaced_where_it_stands():
    assert with_values(DEPLOYED, {"HTTPS_PORT": "444"}) == DEPLOYED.replace("HTTPS_PORT=443", "HTTPS_PORT=444")


def test_a_new_value_is_appended():
    assert with_values(DEPLOYED, {"COTURN_PORT": "1"}) == DEPLOYED + "COTURN_PORT=1\n"


@pytest.mark.parametrize("text", ["A=1", "A=1\n", "A=1\r\n"])
def test_the_last_line_may_lack_its_end(text):
    assert parse_env_file(with_values(text, {"B": "2"}))[0] == {"A": "1", "B": "2"}


def test_of_two_lines_the_one_that_counts_is_replaced():
    assert with_values("A=1\nA=2\n", {"A": "3"}) == "A=1\nA=3\n"


def test_nothing_changed_is_the_same_text():
    assert with_values(DEPLOYED, {}) == DEPLOYED


names = st.from_regex(r"[A-Z][A-Z_]{0,5}", fullmatch=True)
values = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")))


@given(st.text(st.sampled_from("AB=#/ \n\r")), st.dictionaries(names, values))
def test_what_is_written_is_read_again(text, changes):
    before, malformed = parse_env_file(text)
    assert parse_env_file(with_values(text, changes)) == ({**before, **changes}, malformed)
