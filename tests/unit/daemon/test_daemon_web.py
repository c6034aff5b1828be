"""Metrics, health and readiness as Prometheus and a service manager read them."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from builders_trust import AZ, GE, TR
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.observe import NodeObserver
from corridor.daemon.offers import Answer
from corridor.daemon.web import WebServer
from corridor.errors import ConfigurationError, Reason, StoreTrouble
from corridor.exchange.cues import (
    AcceptanceTaken,
    ControlRefused,
    DuplicateReceived,
    EnvelopeReceived,
    EnvelopeRepeated,
    EnvelopesBack,
    EnvelopeSealed,
    ForkSeen,
    FrameRefused,
    ReceiptApplied,
    ReceiptRefused,
    Recovered,
    RestoreSeen,
    Way,
    WayChanged,
)
from corridor.exchange.values import Family, Lane, Position, Verdict
from corridor.store.values import Depth
from corridor.transit.parties import Endpoint


class Readiness:
    ready = True
    why = "ready"


@pytest.fixture
def metrics() -> NodeMetrics:
    made = NodeMetrics()
    made.know_peers([GE, AZ])
    return made


@pytest.fixture
def server(metrics: NodeMetrics) -> Iterator[WebServer]:
    web = WebServer(
        "127.0.0.1",
        0,
        registry=metrics.registry,
        ready=lambda: (Readiness.ready, Readiness.why),
        version="9.9",
    )
    web.start()
    yield web
    web.stop()


def get(server: WebServer, path: str) -> tuple[int, str, str]:
    url = f"http://127.0.0.1:{server.port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers["Content-Type"]


def test_healthy_as_long_as_the_process_turns(server: WebServer) -> None:
    assert get(server, "/-/healthy")[:2] == (200, "healthy\n")


def test_ready_says_why_not(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert get(server, "/-/ready")[0] == 200
    monkeypatch.setattr(Readiness, "ready", False)
    monkeypatch.setattr(Readiness, "why", "not ready: 3 MiB free")
    assert get(server, "/-/ready")[:2] == (503, "not ready: 3 MiB free\n")
    assert get(server, "/-/healthy")[0] == 200


def test_a_page_says_what_there_is_and_nothing_else_is_there(server: WebServer) -> None:
    status, text, _ = get(server, "/")
    assert status == 200
    assert "9.9" in text
    assert "/metrics" in text
    assert get(server, "/etc/passwd")[0] == 404
    assert get(server, "//metrics/../x")[0] == 404


def test_metrics_have_the_content_type_that_prometheus_wants(server: WebServer) -> None:
    status, text, kind = get(server, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    assert list(text_string_to_metric_families(text))


def test_a_store_that_cannot_be_read_is_told_and_hides_no_other_metric(
    server: WebServer, metrics: NodeMetrics, capfd: pytest.CaptureFixture[str]
) -> None:
    failing = [False]

    def depths() -> list[Depth]:
        if failing[0]:
            raise StoreTrouble("secret detail")
        return []

    metrics.watch_store(depths)
    text = get(server, "/metrics")[1]
    assert "corridor_store_readable 1.0" in text
    assert f'corridor_outbox_records{{peer="{GE}",state="waiting"}} 0.0' in text
    failing[0] = True
    status, text, _ = get(server, "/metrics")
    assert status == 200
    assert "corridor_store_readable 0.0" in text
    assert "corridor_outbox_records" not in text.replace("corridor_outbox_records_", "")
    assert f'corridor_link_open{{peer="{GE}"}}' in text
    assert "secret detail" not in text + capfd.readouterr().err


def test_a_client_that_goes_away_leaves_nothing_in_the_log(
    server: WebServer, capfd: pytest.CaptureFixture[str]
) -> None:
    for sent in (b"", b"GET /metr", b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(sent)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert get(server, "/-/healthy")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_port_that_is_taken_is_named_with_its_cure(metrics: NodeMetrics) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"{port} cannot be bound.*metrics.port"):
            WebServer(
                "127.0.0.1",
                port,
                registry=metrics.registry,
                ready=lambda: (True, ""),
                version="1",
            )


# --- what happened becomes figures ---------------------------------------------------------------

POSITION = Position(5, 7)
ENVELOPE = bytes(32)


def value(metrics: NodeMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def sealed(family: Family, records: int) -> EnvelopeSealed:
    return EnvelopeSealed(GE, Lane.ROUTINE, family, records, 900, again=False)


def received(
    family: Family, records: int, refused: tuple[Reason, ...] = (), peer: Endpoint = GE
) -> EnvelopeReceived:
    accepted = records - len(refused)
    return EnvelopeReceived(
        peer, Lane.ROUTINE, family, records, accepted, refused, 900, 1_000, 3_000
    )


EVENTS = [
    sealed(Family.DATA, 12),
    sealed(Family.CONTROL, 1),
    EnvelopeRepeated(GE, "tail"),
    EnvelopesBack(GE, "unconfirmed", 3),
    received(Family.DATA, 5, (Reason.RECORD_INVALID,)),
    received(Family.CONTROL, 1),
    DuplicateReceived(GE),
    FrameRefused("AZ", Reason.SIGNATURE, "dropped"),
    FrameRefused("", Reason.MAGIC, "dropped"),
    ReceiptApplied(GE, Lane.ROUTINE, 13, Verdict.ACCEPTED, (Reason.RECORD_INVALID,), 250, 4_000),
    ReceiptApplied(GE, Lane.ROUTINE, 0, Verdict.DEFERRED, (), 0),
    ReceiptRefused(GE, "root"),
    ControlRefused(GE, Reason.CONTROL_MALFORMED),
    RestoreSeen(GE, ours=True),
    Recovered(GE, 1_000),
    Recovered(GE, 1_000, 2),
    ForkSeen(GE, POSITION),
    AcceptanceTaken(GE, again=False),
    AcceptanceTaken(GE, again=True),
    WayChanged(GE, Way.NO_ROUTE, None),
    WayChanged(AZ, Way.OPEN, None),
]


def test_every_kind_of_event_is_counted() -> None:
    """A new event must be known here, or the first of its kind would end the node's loop."""
    metrics = NodeMetrics()
    observer = NodeObserver(metrics)
    assert {type(event) for event in EVENTS} == set(observer._handlers)


def test_how_long_a_recovery_took_is_told_by_the_clock_that_began_it(
    metrics: NodeMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.daemon.observe.unix_ms", lambda: 7_000)
    with capture_logs() as told:
        NodeObserver(metrics).tell(Recovered(GE, 1_000))
        NodeObserver(metrics).tell(Recovered(GE, 1_000, 2))
    assert [(one["event"], one["duration_ms"], one.get("count")) for one in told] == [
        ("recovery.completed", 6_000, None),
        ("recovery.partly", 6_000, 2),
    ]


def test_a_restore_that_is_seen_many_times_is_told_at_once_and_then_counted(
    metrics: NodeMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr("corridor.daemon.seldom.time.monotonic", lambda: clock[0])
    observer = NodeObserver(metrics)
    with capture_logs() as told:
        for event in [RestoreSeen(GE, ours=True)] * 40 + [RestoreSeen(AZ, ours=True)]:
            clock[0] += 1
            observer.tell(event)
        observer.tell(RestoreSeen(GE, ours=False))
        clock[0] += 600
        observer.tell(RestoreSeen(GE, ours=True))
    assert [(one["peer"], one["state"], one["count"]) for one in told] == [
        (GE, "ours", 1), (AZ, "ours", 1), (GE, "partner's", 1), (GE, "ours", 40),
    ]  # fmt: skip


def test_what_happened_is_counted_where_an_operator_looks(metrics: NodeMetrics) -> None:
    observer = NodeObserver(metrics)
    for event in EVENTS:
        observer.tell(event)
    assert value(metrics, "corridor_records_published_total", peer=GE) == 12
    assert value(metrics, "corridor_envelopes_published_total", peer=GE, family="control") == 1
    assert value(metrics, "corridor_envelopes_repeated_total", peer=GE, cause="tail") == 1
    assert value(metrics, "corridor_records_received_total", peer=GE) == 5
    assert value(metrics, "corridor_records_stored_total", peer=GE) == 4
    assert value(metrics, "corridor_delivery_latency_seconds_sum") == 2
    assert value(metrics, "corridor_records_refused_total", peer=GE, reason="record_invalid") == 1
    assert value(metrics, "corridor_envelopes_duplicate_total", peer=GE) == 1
    assert value(metrics, "corridor_frames_refused_total", link="AZ", reason="signature") == 1
    assert value(metrics, "corridor_records_receipted_total", peer=GE, verdict="refused") == 1
    assert value(metrics, "corridor_records_receipted_total", peer=GE, verdict="accepted") == 12
    assert value(metrics, "corridor_receipt_latency_seconds_sum") == 0.25
    assert value(metrics, "corridor_end_to_end_latency_seconds_sum", peer=GE) == 4
    assert value(metrics, "corridor_end_to_end_latency_seconds_count", peer=GE) == 1
    failed = "corridor_publish_failures_total"
    assert value(metrics, failed, peer=GE, reason="unconfirmed") == 3
    assert value(metrics, "corridor_link_open", peer=GE) == 0
    assert value(metrics, "corridor_link_open", peer=AZ) == 1
    assert observer.last_heard_ms[GE] > 0
    assert AZ not in observer.last_heard_ms


def test_a_first_refusal_of_a_known_partner_is_an_increase(metrics: NodeMetrics) -> None:
    metrics.know_peers([GE])
    records, frames = "corridor_records_refused_total", "corridor_frames_refused_total"
    for reason in ("record_invalid", "record_id_conflict", "malformed", "spoilt"):
        assert value(metrics, records, peer=GE, reason=reason) == 0
    for reason in ("signature", "wrong_link", "not_known_yet", "unopened", "mistimed", "held_full"):
        assert value(metrics, frames, link="GE", reason=reason) == 0


def test_no_series_tells_when_another_was_made(metrics: NodeMetrics) -> None:
    metrics.know_peers([GE])
    names = {sample.name for family in metrics.registry.collect() for sample in family.samples}
    assert not [name for name in names if name.endswith("_created")]


def test_submissions_are_counted_by_type_and_by_reason(metrics: NodeMetrics) -> None:
    answers = [Answer("accepted"), Answer("duplicate"), Answer("refused", b"", Reason.STORE_FULL)]
    metrics.submitted([1, 1, 0], answers)
    assert value(metrics, "corridor_records_accepted_total", message_type="declaration") == 1
    assert value(metrics, "corridor_submissions_refused_total", reason="store_full") == 1
    assert value(metrics, "corridor_submissions_refused_total", reason="record_invalid") == 0


def forty() -> list[Endpoint]:
    letters = "ABCDEFGH"
    return [Endpoint(f"{a}{b}.C") for a in letters[:5] for b in letters]


def busy() -> NodeMetrics:
    metrics = NodeMetrics()
    metrics.know_peers(forty())
    depths = [Depth(peer, 3, 2, 1_700_000_000_000) for peer in forty()]
    metrics.watch_store(lambda: depths)
    observer = NodeObserver(metrics)
    for peer in forty():
        observer.tell(received(Family.DATA, 1, peer=peer))
    metrics.submitted(list(range(1, 21)), [Answer("accepted")] * 20)
    return metrics


def scrape(metrics: NodeMetrics) -> str:
    server = WebServer(
        "127.0.0.1", 0, registry=metrics.registry, ready=lambda: (True, ""), version="1"
    )
    server.start()
    try:
        return get(server, "/metrics")[1]
    finally:
        server.stop()


def test_labels_are_names_of_closed_sets_and_never_of_a_record() -> None:
    labels = {
        label
        for family in text_string_to_metric_families(scrape(busy()))
        if family.name.startswith("corridor_")
        for sample in family.samples
        for label in sample.labels
    }
    assert labels <= {
        "peer", "family", "reason", "cause", "verdict", "role", "queue", "state", "message_type",
        "version", "link", "le", "kind",
    }  # fmt: skip


def test_what_waits_is_read_from_the_store_at_each_scrape(metrics: NodeMetrics) -> None:
    depths = [Depth(TR, 3, 2, 1_700_000_000_000), Depth(GE, 0, 0, None)]
    metrics.watch_store(lambda: depths)
    assert value(metrics, "corridor_outbox_records", peer=TR, state="waiting") == 3
    name = "corridor_outbox_oldest_record_timestamp_seconds"
    assert value(metrics, name, peer=TR) == 1_700_000_000
    assert value(metrics, name, peer=GE) == 0
    depths.clear()
    assert value(metrics, name, peer=TR) is None
