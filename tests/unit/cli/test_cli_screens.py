"""What commands show to officers and operators."""

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from builders_cli import corridor
from builders_seal import draft, entry, signing_key
from builders_wire import declaration
from corridor.cli import broker as cli_broker
from corridor.cli import status as cli_status
from corridor.cli.options import when
from corridor.lab import demo as lab_demo
from corridor.lab import traffic
from corridor.lab.traffic import Planned, Played, Receipts, Refusal, write_plan
from corridor.seal.envelope import seal
from corridor.seal.x509 import fingerprint, make_ca
from corridor.transport.management import Login
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]
NOW_MS = 1_795_000_000_000
NCTS = Path(__file__).parents[2] / "fixtures" / "ncts"


# --- status ----------------------------------------------------------------------------------


def peer(way: str, reason: str | None = None, since_ms: int | None = None) -> dict[str, object]:
    return {
        "endpoint": "TR.GTB", "waiting": 3, "unreceipted": 2, "oldest_ms": NOW_MS - 65_000,
        "in_flight": 1, "window": 8, "last_heard_ms": NOW_MS - 7_200_000,
        "way": way, "way_reason": reason, "way_since_ms": since_ms,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (peer("open"), "open"),
        (
            peer("no_route", None, NOW_MS - 180_000),
            "shut: no link of the partner's broker fetches; call the partner (since 3 min)",
        ),
        (
            peer("no_key", "no_encryption_key", NOW_MS - 90_000_000),
            "blocked: no_encryption_key (since 1 d)",
        ),
        (
            peer("backpressure", None, NOW_MS),
            "blocked: the own broker takes no more for it (since 0 s)",
        ),
    ],
)
def test_each_partner_has_its_way_with_reason_and_time(state: dict[str, object], said: str) -> None:
    row = cli_status._peer_row(state, NOW_MS)
    assert row == ("TR.GTB", "3", "2", "1 min", "1 of 8", "2 h", said)


def test_what_was_refused_is_listed_by_partner_and_reason(node_folder: NodeFolder) -> None:
    from corridor.daemon.config import load_config  # noqa: PLC0415 - a node is made by few tests
    from corridor.daemon.node import Node  # noqa: PLC0415
    from corridor.errors import Reason  # noqa: PLC0415
    from corridor.exchange import cues  # noqa: PLC0415
    from corridor.transit.parties import Endpoint  # noqa: PLC0415

    turkiye = Endpoint("TR.GTB")
    node = Node(load_config(node_folder()))
    node._observer.tell(cues.WayChanged(turkiye, cues.Way.NO_KEY, Reason.NO_ENCRYPTION_KEY))
    node._observer.tell(cues.ControlRefused(turkiye, Reason.CONTROL_MALFORMED))
    node._observer.tell(cues.ControlRefused(turkiye, Reason.CONTROL_MALFORMED))
    status = node.status()
    assert status["refused"] == [
        {"peer": "TR.GTB", "by": "us", "reason": "control_malformed", "count": 2}
    ]
    (told,) = (one for one in status["peers"] if one["endpoint"] == turkiye)
    assert told["way_reason"] == "no_encryption_key"
    assert abs(told["way_since_ms"] - time.time() * 1000) < 60_000
    screen = cli_status._screen(status)
    assert "refused since the node started" in screen
    assert "control_malformed  2" in screen
    node.stop()


# --- envelopes -------------------------------------------------------------------------------


def test_an_envelope_is_shown_in_words(tmp_path: Path) -> None:
    file = tmp_path / "envelope.crd"
    file.write_bytes(seal(draft(), [entry(1)], signing_key()).frame)
    shown = corridor("envelope", "inspect", file).out
    assert "hidden: records, number of records, record types, place in the stream" in shown
    assert shown.count("  - ") == 1
    lines = shown.splitlines()
    first = lines.index("recipients:") + 1
    assert [line[:4] for line in lines[first : first + 3]] == ["  - ", "    ", "    "]
    assert not {"[", "{", "'"} & set(shown)


# --- search ----------------------------------------------------------------------------------

RECORD_ID = bytes(range(16))


class Finder:
    """A node's socket that finds two records."""

    def __init__(self, _path: Path) -> None:
        pass

    def __enter__(self) -> "Finder":  # noqa: PYI034 - one class, one use
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def find(self, kind: str, value: str, *, limit: int) -> list[local.LocalFound]:
        if (kind, limit) != ("mrn", 50) or value.startswith("0"):
            return []
        sent = local.LocalLedgerLine(recipient="TR.GTB", record_type=1, accepted_ms=NOW_MS)
        refused = local.LocalLedgerLine(
            recipient="AZ.SCC", record_type=1, accepted_ms=NOW_MS, sealed_ms=NOW_MS,
            receipted_ms=NOW_MS, verdict="refused", reason="no_agreement",
        )  # fmt: skip
        received = local.LocalDelivery(
            cursor=7, sender="TR.GTB", record_id=RECORD_ID, record_type=1, received_ms=NOW_MS,
            record=declaration().SerializeToString(), possible_repeat=True,
        )  # fmt: skip
        return [local.LocalFound(record_id=RECORD_ID, sent=[sent, refused], received=[received])]


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corridor.gateway.local_client.LocalClient", Finder)


@pytest.mark.usefixtures("finder")
def test_found_records_are_shown_with_where_they_stand(node_folder: NodeFolder) -> None:
    config = node_folder()
    mrn = "25TR3401004B7KQ2J4"
    said = corridor("find", "mrn", mrn, "--config", config)
    assert (said.status, said.err) == (0, "")
    assert [line.split("  ")[-1].strip() for line in said.out.splitlines()[1:]] == [
        "waiting", "refused: no_agreement", "possible repeat",
    ]  # fmt: skip
    assert when(NOW_MS) in said.out
    machine = corridor("find", "mrn", mrn, "--config", config, "--json", "--full").json
    assert [one["direction"] for one in machine] == ["sent", "sent", "received"]
    assert machine[2]["record"]["declaration"]
    assert '"declaration"' in corridor("find", "mrn", mrn, "--full", "--config", config).out


@pytest.mark.usefixtures("finder")
@pytest.mark.parametrize(
    ("kind", "value", "doubt"),
    [
        ("mrn", "05TR3401004B7KQ2J5", "check digit"),
        ("mrn", "0", "not the form of an MRN"),
        ("container", "CSQU3054384", "check digit"),
        ("carnet", "0", "not the form of a TIR carnet number"),
        ("lrn", "x" * 23, "not the form of an LRN"),
        ("plate", "?", ""),
        ("container", "csqu 3054383", ""),
    ],
)
def test_where_nothing_is_found_a_mistyped_identifier_is_pointed_out(
    node_folder: NodeFolder, kind: str, value: str, doubt: str
) -> None:
    said = corridor("find", kind, value, "--config", node_folder())
    assert said.status == 0
    assert said.out == f"no record carries this {kind}\n"
    assert doubt in said.err
    assert bool(said.err) == bool(doubt)


# --- send ------------------------------------------------------------------------------------


class Taker(Finder):
    """A node's socket that takes a record, or refuses it."""

    answer = local.SubmitResult(status="accepted", record_id=RECORD_ID)
    given: list[local.LocalSubmission] = []  # noqa: RUF012 - one class, one use

    def submit(self, submissions: list[local.LocalSubmission]) -> list[local.SubmitResult]:
        Taker.given = submissions
        return [Taker.answer]


def test_an_original_travels_where_asked_and_is_told_where_it_is_too_large(
    node_folder: NodeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.gateway.local_client.LocalClient", Taker)
    config, file = node_folder(), NCTS / "cc170c.xml"
    words = ("--to", "TR", "--config", config, "--json")
    assert corridor("send", file, *words).json["original"] == "not_asked_for"
    assert file.read_bytes() not in Taker.given[0].record
    said = corridor("send", file, "--attach-original", *words)
    assert (said.json["original"], said.err) == ("attached", "")
    assert file.read_bytes() in Taker.given[0].record
    doubtful = corridor("send", NCTS / "cc007c.xml", *words)
    assert doubtful.json["warnings"][0].startswith("CC007C/Authorisation[1]: C0102: ")
    assert doubtful.err.startswith("warning: CC007C/Authorisation[1]: C0102: ")
    large = tmp_path / "large.xml"
    large.write_bytes(file.read_bytes() + b" " * 200 * 1024)
    said = corridor("send", large, "--attach-original", *words)
    assert (said.status, said.json["original"], said.err) == (0, "attached", "")
    assert large.read_bytes() in Taker.given[0].record
    short = local.SubmitResult(status="accepted", left_out=["header.original.content"])
    monkeypatch.setattr(Taker, "answer", short)
    said = corridor("send", large, "--attach-original", *words)
    assert (said.status, said.json["original"]) == (0, "too_large")
    assert "digest only" in said.err
    record = tmp_path / "record.json"
    record.write_text("{}")
    said = corridor("send", record, "--attach-original", *words)
    assert (said.status, said.json["error"]["code"]) == (1, "input")
    refused = local.SubmitResult(status="refused", reason="record_too_large", faults=["x"])
    monkeypatch.setattr(Taker, "answer", refused)
    said = corridor("send", file, "--attach-original", *words[:-1])
    assert said.status == 1
    assert "without --attach-original" in said.out
    said = corridor("send", file, *words[:-1])
    fault, cure = said.out.splitlines()[1:]
    assert fault == "  x"
    assert cure.startswith("  what to do: Have the agreement name type 21")


# --- statuses of plays and demos -------------------------------------------------------------

PLAN = [Planned("TR.GTB", "GE.RS", bytes([n]) * 16, 1, b"record") for n in range(3)]


@pytest.mark.parametrize(
    ("refused_here", "refused_there", "missing", "status"),
    [(0, 0, 0, 0), (1, 0, 0, 6), (0, 1, 0, 6), (1, 0, 1, 7)],
)
def test_a_play_of_which_something_was_refused_says_so_by_its_status(  # noqa: PLR0913, PLR0917 - a table
    refused_here: int, refused_there: int, missing: int, status: int,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plan = tmp_path / "plan.jsonl"
    write_plan(plan, PLAN)
    kept = PLAN[refused_here:]
    refusals = [Refusal(one, "refused", "record_invalid", ()) for one in PLAN[:refused_here]]
    got = Counter(one.key for one in kept[refused_there : len(kept) - missing])
    there = {one.record_id.hex(): "no_agreement" for one in kept[:refused_there]}
    monkeypatch.setattr("corridor.cli.replay._ways", lambda *_: {})
    monkeypatch.setattr(traffic, "play", lambda *_a, **_k: Played(kept, refusals))
    monkeypatch.setattr(traffic, "await_receipts", lambda *_a, **_k: Receipts(got, there))
    assert corridor("replay", "play", plan, "--json").status == status


@pytest.mark.parametrize(
    ("holds", "refused", "status"), [(True, 0, 0), (True, 2, 6), (False, 2, 7), (False, 0, 7)]
)
def test_a_demo_that_is_not_proved_or_refused_files_says_so_by_its_status(
    holds: bool, refused: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
) -> None:  # fmt: skip
    account = SimpleNamespace(holds=holds, summary=lab_demo.Summary(refused=refused))
    monkeypatch.setattr("corridor.lab.demo.run_demo", lambda *_: account)
    monkeypatch.setattr("corridor.lab.account.tell", lambda *_: "told")
    monkeypatch.setattr("corridor.cli.lab._end_on_sigterm", lambda: None)
    said = corridor("lab", "demo", "--records", "3", "--at", tmp_path / "demo")
    assert said.status == status, said.err


# --- brokers ---------------------------------------------------------------------------------


def test_messages_in_queues_that_must_stay_empty_are_differences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    depths = {"corridor.dlq": 0, "corridor.unrouted": 2}
    monkeypatch.setattr("corridor.transport.management.read_alarm_depths", lambda *_: depths)
    (found,) = cli_broker._stray("http://127.0.0.1:1", Login("a", "b"))
    assert (found.object, found.found) == ("queue corridor.unrouted", "2 messages")


def test_two_countries_give_each_other_certificates(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    from corridor.daemon.config import load_config  # noqa: PLC0415 - one use
    from corridor.daemon.links import broker_files  # noqa: PLC0415
    from corridor.daemon.trust_keeper import open_trust  # noqa: PLC0415

    config = node_folder()
    (config.parent / "links").mkdir()
    text = re.sub(r"^partner_folder = .*$", "", config.read_text(), flags=re.MULTILINE)
    config.write_text(text.replace("[links]", '[links]\npartner_folder = "links"'))
    ca = make_ca("Türkiye", 30, time.time_ns() // 1_000_000)
    (tmp_path / "ca.pem").write_bytes(ca.certificate)
    (tmp_path / "ca.key").write_bytes(ca.key)
    asked = corridor("broker", "request", "TR", "--config", config, "--json").json
    assert Path(asked["key"]).stat().st_mode & 0o777 == 0o600
    words = (
        "broker", "issue", asked["request"], "--to", "GE", "--ca-cert", tmp_path / "ca.pem",
        "--ca-key", tmp_path / "ca.key", "--json",
    )  # fmt: skip
    issued = corridor(*words, "--out", asked["certificate"])
    assert issued.status == 0, issued.out
    assert issued.json["user"] == "fed-ge"
    assert len(fingerprint(Path(asked["certificate"]).read_bytes())) == 32
    loaded = load_config(config)
    now_ms = time.time_ns() // 1_000_000
    made = broker_files(loaded, open_trust(loaded).load(now_ms), now_ms)
    assert [line[:2] for line in made.left_out] == ["AZ"]
    assert "corridor broker request AZ" in made.left_out[0]
    again = corridor(*words, "--out", asked["certificate"])
    assert (again.status, again.json["error"]["code"]) == (1, "input")
    key = Path(asked["key"]).read_bytes()
    once_more = corridor("broker", "request", "TR", "--config", config)
    assert (once_more.status, "there already" in once_more.out) == (0, True)
    assert Path(asked["key"]).read_bytes() == key
    other = make_ca("Other", 30, now_ms)
    for bad in (other.key, b"nonsense", other.certificate):
        (tmp_path / "ca.key").write_bytes(bad)
        wrong = corridor(*words, "--out", tmp_path / "new.pem")
        assert (wrong.status, wrong.json["error"]["code"]) == (5, "key")
    assert not (tmp_path / "new.pem").exists()
    Path(asked["request"]).unlink()  # a key that may be in use is never made anew
    assert corridor("broker", "request", "TR", "--config", config).status == 1


@pytest.mark.parametrize("country", ["tr", "Turkey", "T1", ""])
def test_a_country_is_two_capitals(country: str, node_folder: NodeFolder) -> None:
    assert corridor("broker", "request", country, "--config", node_folder()).status == 2


def test_a_configuration_names_what_a_restart_would_change(node_folder: NodeFolder) -> None:
    from corridor.daemon.config import changed_keys, load_config  # noqa: PLC0415 - one use

    before = load_config(node_folder())
    log = before.log.model_copy(update={"level": "debug"})
    assert changed_keys(before, before.model_copy(update={"log": log})) == ("log.level",)
    assert changed_keys(before, before) == ()
