"""One line per record, and no secret in it."""

import logging

import pytest

from ovrouter.log import LineFormatter, configure, parse_levels, redact


def line(message, *args, exc_info=None, secrets=()):
    return LineFormatter(secrets).format(
        logging.LogRecord("ovrouter.ice", logging.INFO, "", 0, message, args, exc_info)
    )


@pytest.fixture
def restore_loggers():
    names = ["ovrouter", "ovrouter.ice"]
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    root = logging.getLogger("ovrouter")
    handlers, propagate = root.handlers, root.propagate
    yield
    root.handlers, root.propagate = handlers, propagate
    for logger, level in before:
        logger.setLevel(level)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("join with wss://host?sessionId=a&token=tok_Abc123XYZ&role=PUBLISHER", "Abc123XYZ"),
        ("Authorization: Basic T1BFTlZJRFVBUFA6c2VjcmV0", "T1BFTlZJRFVBUFA6c2VjcmV0"),
        ("authorization: basic T1BFTlZJRFVBUFA6c2VjcmV0", "T1BFTlZJRFVBUFA6c2VjcmV0"),
        ("turnUsername=1:a&turnCredential=AbC/+=", "AbC"),
        ("a=ice-ufrag:abcd\na=ice-pwd:aVerySecretPassword", "aVerySecretPassword"),
        ("url=turn:host,username=u,staticAuthSecret=hush", "hush"),
    ],
)
def test_redact_removes_secrets_by_shape(text, secret):
    assert secret in text
    assert secret not in redact(text)


def test_redact_removes_given_secret_and_keeps_the_rest():
    assert redact("user s3cret at host", ["s3cret"]) == "user … at host"


def test_line_has_level_topic_and_message():
    assert line("pair %s chosen", 3).endswith("INFO    ovrouter.ice pair 3 chosen")


def test_exception_stays_in_the_line_and_is_redacted():
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("bad token tok_Abc\nforged line") from error
    except ValueError as error:
        text = line("rpc failed", exc_info=(type(error), error, error.__traceback__))
    assert text.count("\n") == 0
    assert "ValueError: bad token tok_…\\nforged line [test_log.py:" in text
    assert "caused by KeyError: 'inner'" in text


def test_control_characters_of_peers_are_escaped():
    assert line("name %s", "a\r\n2026 ERROR fake\x1b[31m").endswith(r"name a\r\n2026 ERROR fake\x1b[31m")


def test_empty_secret_is_no_secret():
    assert line("plain", secrets=["", "hush"]).endswith("plain")


def test_levels_of_single_topics():
    assert parse_levels("warning, ice=debug") == {"": logging.WARNING, "ice": logging.DEBUG}
    assert parse_levels("INFO") == {"": logging.INFO}


@pytest.mark.parametrize("text", ["", "loud", "info,ice", "info,ice=loud"])
def test_malformed_levels_are_refused(text):
    with pytest.raises(ValueError, match="Must be one of"):
        parse_levels(text)


def test_configure_writes_once_to_stderr(restore_loggers, capsys):
    configure("error")
    configure("info,ice=debug", secrets=["hush"])
    logging.getLogger("ovrouter.ice").debug("seen hush")
    logging.getLogger("ovrouter.rest").debug("not seen")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("ovrouter.ice seen …\n")
