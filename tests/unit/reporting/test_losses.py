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
        "the disk: losing events until this is mended: No space left on device",
        "the disk: works again; 5 events were lost",
        "the disk: losing events until this is mended: Input/output error",
    ]
    assert losses.total == 6
