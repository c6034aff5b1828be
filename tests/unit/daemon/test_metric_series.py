"""How many series a node makes, with everything on and everything that may happen happening."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from builders_trust import GE
from corridor.daemon.day_metrics import DayMetrics
from corridor.daemon.metric_words import (
    FRAME_WORDS,
    OTHER,
    RECORD_WORDS,
    frame_word,
    kinds_of_reasons,
    record_word,
)
from corridor.daemon.metrics import FAILURES, STORE_FAILURES, NodeMetrics
from corridor.daemon.metrics_watch import OF_BROKER, WatchMetrics
from corridor.daemon.observe import NodeObserver
from corridor.daemon.offers import Answer
from corridor.errors import Reason, StoreTrouble
from corridor.exchange.cues import (
    ControlRefused,
    EnvelopeReceived,
    EnvelopeRepeated,
    EnvelopesBack,
    EnvelopeSealed,
    Event,
    FrameRefused,
    ReceiptApplied,
    Way,
    WayChanged,
)
from corridor.exchange.link_values import Trouble
from corridor.exchange.values import Family, Lane, Verdict
from corridor.gateway.http.problems import KINDS
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint
from testkit.metrics import every_metric

MOST = 5_000
FORTY = [Endpoint(f"{a}{b}.C") for a in "ABCDE" for b in "ABCDEFGH"]
Series = set[tuple[str, tuple[tuple[str, str], ...]]]


def series(metrics: NodeMetrics) -> Series:
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in metrics.registry.collect()
        for sample in family.samples
    }


def everything(peer: Endpoint) -> Iterator[Event]:
    """Every event that has labels, with each of them."""
    for family in Family:
        yield EnvelopeSealed(peer, Lane.ROUTINE, family, 1, 900, again=False)
    for cause in ("tail", "resend", "link"):
        yield EnvelopeRepeated(peer, cause)
    for failure in FAILURES:
        yield EnvelopesBack(peer, failure, 1)
    yield EnvelopeReceived(
        peer, Lane.ROUTINE, Family.DATA, len(Reason), 0, tuple(Reason), 900, 1_000, 3_000
    )
    for reason in Reason:
        yield ControlRefused(peer, reason)
        for disposal in ("dropped", "held", "quarantined", "deferred", "unopened"):
            yield FrameRefused(peer.country, reason, disposal)
    for verdict in Verdict:
        yield ReceiptApplied(
            peer, Lane.ROUTINE, 2, verdict, (Reason.RECORD_INVALID,), 250, since_accepted_ms=4_000
        )
    for way in Way:
        yield WayChanged(peer, way, None)


@pytest.fixture(scope="module")
def full() -> tuple[Series, NodeMetrics]:
    """The series before anything happened, and the metrics once everything has."""
    metrics = every_metric(FORTY)
    before = series(metrics)
    observer = NodeObserver(metrics)
    for peer in FORTY:
        for event in everything(peer):
            observer.tell(event)
    metrics.submitted(list(range(64)), [Answer("accepted")] * 64)
    metrics.submitted([1] * len(Reason), [Answer("refused", b"", reason) for reason in Reason])
    for code in STORE_FAILURES:
        metrics.store_failures.labels(code).inc()
    return before, metrics


def test_forty_partners_stay_below_five_thousand_series(full: tuple[Series, NodeMetrics]) -> None:
    _, metrics = full
    found = series(metrics)
    assert 40 * 90 < len(found) <= MOST
    assert len({name for name, _ in found if name.startswith("corridor_http")}) > 3
    assert len(KINDS) > 15


def test_what_happens_to_partners_makes_no_series(full: tuple[Series, NodeMetrics]) -> None:
    """Each is there at zero, so that a first failure is an increase."""
    before, metrics = full
    made = {
        one for one in series(metrics) - before
        if dict(one[1]).get("message_type") not in {"unknown", "unspecified"}
    }  # fmt: skip
    assert not {one for one in made if "peer" in dict(one[1]) or "link" in dict(one[1])}
    assert made <= {
        ("corridor_records_accepted_total", (("message_type", label),))
        for label in {dict(one[1]).get("message_type", "") for one in made}
    }


def test_every_reason_has_one_word_of_a_closed_set() -> None:
    for reason in Reason:
        assert frame_word(reason) in FRAME_WORDS
        assert record_word(reason) in RECORD_WORDS
    assert frame_word(Reason.WITHDRAWN) == OTHER
    assert record_word(Reason.STORE_FULL) == OTHER
    assert frame_word(Reason.MAGIC) == "malformed"
    assert record_word(Reason.PAYLOAD_TAG) == "spoilt"
    assert frame_word(Reason.SIGNATURE) == "signature"
    for kinds in kinds_of_reasons().values():
        labels = [label for found in kinds.values() for label in found]
        assert len(labels) == len(set(labels)) > len(kinds)


def test_every_trouble_of_a_link_is_shown_by_one_series() -> None:
    metrics = NodeMetrics()
    watch = WatchMetrics(metrics.registry)
    watch.know_peers([GE])
    of_broker = {Trouble.ALARM, Trouble.ORPHANED, Trouble.STRAY, Trouble.UNSEEN}
    before = series(metrics)
    for trouble in Trouble:
        label = OF_BROKER if trouble in of_broker else GE
        watch.found([GE], {(label, trouble)})
        shown = [
            sample
            for family in metrics.registry.collect()
            for sample in family.samples
            if sample.name == "corridor_link_trouble" and sample.value
        ]
        assert len(shown) == (trouble is not Trouble.UNSEEN), trouble
    assert series(metrics) == before


def test_a_store_that_cannot_be_read_hides_no_other_metric(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metrics, store = NodeMetrics(), MemoryStore()
    metrics.registry.register(DayMetrics(store, lambda: [GE]))
    assert metrics.registry.get_sample_value("corridor_reconcile_cases", {"peer": GE}) == 0

    def fail() -> None:
        raise StoreTrouble("disk")

    monkeypatch.setattr(store, "reading", fail)
    assert metrics.registry.get_sample_value("corridor_reconcile_cases", {"peer": GE}) is None
    assert metrics.registry.get_sample_value("corridor_broker_blocked") == 0


def test_an_exemplar_tells_which_envelope_took_so_long() -> None:
    metrics = NodeMetrics()
    NodeObserver(metrics).tell(
        ReceiptApplied(
            GE, Lane.ROUTINE, 1, Verdict.ACCEPTED, (), 250, since_accepted_ms=4_000,
            envelope_id=bytes(range(32)),
        )
    )  # fmt: skip
    text = openmetrics.generate_latest(metrics.registry).decode()
    marked = [line for line in text.splitlines() if "# {" in line]
    told = f'# {{envelope="{bytes(range(32)).hex()}"}} 4.0'
    bucket = f'corridor_end_to_end_latency_seconds_bucket{{le="15.0",peer="{GE}"}} 1.0 {told}'
    assert [line for line in marked if line.startswith(bucket)]
    assert len(marked) == 2


@pytest.mark.broker
def test_promtool_finds_no_fault_with_any_metric(full: tuple[Series, NodeMetrics]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on this machine; `make test` installs it")
    text = generate_latest(full[1].registry).decode()
    assert len(list(text_string_to_metric_families(text))) > 60
    run = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
