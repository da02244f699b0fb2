import logging

from ovrouter.reporting.losses import Losses


def test_each_spell_is_logged_once_at_either_end(caplog):
    losses = Losses(logging.getLogger("ovrouter.test"), "the disk")
    losses.end()
    losses.add(2, "No space left on device")
    losses.add(3, "No space left on device")
    losses.end()
    losses.end()
    losses.add(1, "Input/output error")
    assert [record.getMessage() for record in caplog.records] == [
        "the disk: No space left on device; until this is mended events are lost",
        "the disk: works again; events that were lost: 5",
        "the disk: Input/output error; until this is mended events are lost",
    ]
    assert losses.total == 6
