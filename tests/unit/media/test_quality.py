"""The log of what downlinks were like: bounded, in order, forgotten with its link."""

import pytest

from ovrouter._fastpath import _core
from ovrouter.media.quality import QualityLog, sample_of
from ovrouter.medianode import QUALITY_REASONS, Layer, QualitySample


def sample(second, **changes):
    values = {
        "at_ms": 1_700_000_000_000 + 1000 * second,
        "estimate_kbps": 5_000_000,
        "sent_kbps": 900,
        "loss_percent": 3,
        "round_trip_ms": 40,
        "layer": None,
        "wanted_layer": Layer(3, 2),
        "reason": "waiting for keyframe",
        "keyframe_requests": 1,
        "freezes": 0,
    }
    return QualitySample(**values | changes)


def test_samples_come_back_as_they_were_newest_last():
    log = QualityLog()
    samples = [sample(second, reason=reason) for second, reason in enumerate(QUALITY_REASONS)]
    for each in samples:
        log.add("a", each)
    assert log.last("a", 100) == tuple(samples)
    assert log.last("a", 2) == tuple(samples[-2:])
    assert log.last("b", 100) == ()


def test_the_oldest_go_when_the_time_is_over():
    log = QualityLog(history_s=10)
    for second in range(1000):
        log.add("a", sample(second))
    kept = log.last("a", 1000)
    assert 10 <= len(kept) <= 13
    assert kept[-1] == sample(999)


def test_many_links_share_the_memory():
    log = QualityLog(budget_bytes=4000)
    for second in range(100):
        for link in "abcd":
            log.add(link, sample(second))
    assert sum(len(memory) for memory in log._logs.values()) <= 4000 * 5 // 4
    assert all(log.last(link, 1) == (sample(99),) for link in "abcd")


def test_a_link_that_ended_is_forgotten():
    log = QualityLog()
    log.add("a", sample(1))
    log.add("b", sample(1))
    log.keep_only(["b"])
    assert (log.last("a", 1), log.last("b", 1)) == ((), (sample(1),))


@pytest.mark.parametrize(("client", "estimate_kbps"), [(None, 0), ({"estimate_bps": 750_999}, 750)])
def test_counters_become_rates_and_differences(client, estimate_kbps):
    before = {"sent_payload_bytes": 1_000_000, "keyframe_requests": 4, "freezes": 1}
    now = {
        "sent_payload_bytes": 1_250_000,
        "keyframe_requests": 6,
        "freezes": 1,
        "fraction_lost_256ths": 64,
        "round_trip_us": 41_900,
        "layer": (1, 2),
        "target_layer": None,
        "reason": "bandwidth",
    }
    made = sample_of(5, now, before, client, 2.0)
    assert made == QualitySample(5, estimate_kbps, 1000, 25, 41, Layer(1, 2), None, "bandwidth", 2, 0)


def test_the_fast_path_has_the_same_words_for_the_reasons():
    assert _core.REASONS == QUALITY_REASONS


def test_absurd_counts_are_capped_not_refused():
    log = QualityLog()
    log.add("a", sample(1, keyframe_requests=1 << 40, freezes=1 << 40, round_trip_ms=1 << 40))
    (kept,) = log.last("a", 1)
    assert (kept.keyframe_requests, kept.freezes, kept.round_trip_ms) == (0xFFFF, 0xFFFF, 0xFFFF)
