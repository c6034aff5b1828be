"""`corridor quarantine` and `corridor dlq` as an operator types them; the node has no broker."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builders_cli import corridor
from builders_quarantine import sealed_for
from builders_trust import TR
from builders_wire import declaration
from corridor.cli import dlq, pacing, quarantine_file
from corridor.cli.quarantine_options import Age
from corridor.cli.quarantine_source import asking
from corridor.daemon.config import load_config
from corridor.daemon.node import Node
from corridor.daemon.offers import Offered
from corridor.errors import InputTrouble, Reason
from corridor.exchange.values import Quarantined
from corridor.gateway.local_server import LocalServer

FRAME = sealed_for(7).frame
DAY_MS = 86_400_000
WHY = ("--why", "a test", "--by", "anna")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Served:
    """A node whose socket is served; its threads stand, so that nothing is sealed."""

    path: Path
    node: Node
    server: LocalServer
    stopped: bool = False

    def run(self, *arguments: object) -> "Said":
        return Said(corridor(*arguments, "--config", self.path))

    def put(self, *items: Quarantined) -> None:
        with self.node._store.transaction() as change:
            for item in items:
                change.quarantine(item)

    def give_up(self, count: int, reason: Reason) -> None:
        """Accept records for TR that are given up at once."""
        offered = [Offered("TR", declaration().SerializeToString()) for _ in range(count)]
        assert {one.status for one in self.node.service.submit(offered)} == {"accepted"}
        with self.node._store.transaction() as change:
            assert change.give_up_waiting(TR, {1}, reason, now_ms(), 999) == count

    def stop(self) -> None:
        if not self.stopped:
            self.server.stop()
            self.node.stop()
        self.stopped = True


class Said:
    """What a command printed, and how it ended."""

    def __init__(self, said: object) -> None:
        self.status, self.out, self.err = said.status, said.out, said.err  # type: ignore[attr-defined]

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        lines = self.out.splitlines()  # the node of this process logs there as well
        start = next(at for at, line in enumerate(lines) if line[:1] in {"{", "["})
        return json.loads("\n".join(lines[start:]))


@pytest.fixture
def served(node_folder: Callable[..., Path]) -> Iterator[Served]:
    config = load_config(path := node_folder("GE"))
    node = Node(config)
    node.service.quarantine.judge = node.receiver.review  # no loop runs: judge at once
    server = LocalServer(config.gateway.socket, node.service, node.status)
    server.start()
    made = Served(path, node, server)
    yield made
    made.stop()


def item(number: int, **changes: object) -> Quarantined:
    values: dict[str, object] = {
        "link": "AZ", "reason": Reason.WRONG_LINK, "frame": b"%d" % number,
        "at_ms": now_ms() - number * DAY_MS, **changes,
    }  # fmt: skip
    return Quarantined(**values)  # type: ignore[arg-type]


# -- the quarantine


def test_what_is_there_is_listed_by_kind_with_its_cure_and_one_by_one(served: Served) -> None:
    assert "nothing waits" in served.run("quarantine", "list").out
    served.put(item(1), item(2), item(0, link="TR", reason=Reason.FORK, frame=FRAME))
    text = served.run("quarantine", "list").out
    assert "wrong_link" in text
    assert "call" in text.lower() or "alarm" in text.lower()  # the cure of a reason
    found = served.run("quarantine", "list", "--peer", "AZ.SCC", "--json").json
    assert [one["waiting"] for one in found["groups"]] == [2]
    old = served.run("quarantine", "list", "--older-than", "36h", "--json").json
    assert [one["number"] for one in old] == [2]
    listed = served.run("quarantine", "list", "--items", "--reason", "fork").out
    assert listed.count("fork") == 1
    wrong = served.run("quarantine", "list", "--items", "--reason", "colour")
    assert (wrong.status, "no such reason" in wrong.err) == (1, True)


def test_a_frame_is_shown_noted_and_rejected_with_who_and_why(served: Served) -> None:
    served.put(item(0, frame=FRAME))
    assert served.run("quarantine", "note", 1, "called Baku", "--by", "anna").status == 0
    text = served.run("quarantine", "show", 1).out
    assert "claims      from TR.GTB to GE.RS, routine" in text
    assert "noted by anna: called Baku" in text
    assert "hidden      records" in text
    again = served.run("quarantine", "release", 1, *WHY)
    assert (again.status, "refused again: network" in again.out) == (6, True)
    status = served.run("status")
    assert "1 frames wait, the oldest" in status.out
    assert "wait in quarantine (1 wrong_link)" in status.out
    doctor = served.run("doctor", "--only", "quarantine")
    assert (doctor.status, "1 frames wait" in doctor.out) == (0, True)
    done = served.run("quarantine", "reject", 1, *WHY, "--json").json
    assert done["frames"] == [{"number": 1, "taken": True, "said": "rejected"}]
    shown = served.run("quarantine", "show", 1)
    assert "bytes are not here any more" in shown.out
    assert "rejected by anna: a test" in shown.out
    assert "nothing waits for a person" in served.run("status").out
    assert served.run("doctor", "--only", "quarantine").status == 0
    assert served.run("quarantine", "show", 9).status == 1


def test_many_are_chosen_by_what_they_are_and_a_dry_run_changes_nothing(served: Served) -> None:
    served.put(*(item(number) for number in range(5)), item(9, link="TR"))
    unnamed = served.run("quarantine", "reject", *WHY)
    assert (unnamed.status, "name frames" in unnamed.err) == (1, True)
    both = served.run("quarantine", "reject", 1, "--peer", "AZ", *WHY)
    assert both.status == 1
    dry = served.run("quarantine", "reject", "--peer", "AZ", *WHY, "--dry-run", "--json").json
    assert dry == {"dry_run": True, "numbers": [1, 2, 3, 4, 5]}
    assert (
        "5 frames would be judged again: 1, 2"
        in served.run(
            "quarantine", "release", "--reason", "wrong_link", "--peer", "AZ", *WHY, "--dry-run"
        ).out
    )
    done = served.run("quarantine", "reject", "--peer", "AZ", *WHY, "--rate", 1_000)
    assert (done.status, "5 of 5" in done.out) == (0, True)
    left = served.run("quarantine", "list", "--items", "--json").json
    assert [one["link"] for one in left] == ["TR"]
    everything = served.run("quarantine", "list", "--all", "--json").json
    assert {one["state"] for one in everything} == {"waiting", "rejected"}


def test_what_has_more_than_a_page_is_listed_whole_and_each_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.cli.quarantine.PAGE", 2)
    monkeypatch.setattr("corridor.cli.dlq.PAGE", 2)
    monkeypatch.setattr("corridor.cli.quarantine_source.PAGE", 2)
    served.put(*(item(number) for number in range(4)))
    listed = served.run("quarantine", "list", "--items", "--json").json
    assert [one["number"] for one in listed] == [1, 2, 3, 4]
    served.give_up(5, Reason.AGREEMENT_ENDED)
    letters = served.run("dlq", "peek", "--items", "--json").json
    assert len({one["record_id"] for one in letters}) == len(letters) == 5


def test_an_export_holds_everything_is_read_again_and_is_refused_when_it_was_changed(
    served: Served, tmp_path: Path
) -> None:
    served.put(item(0, frame=FRAME), item(1))
    out, raw = tmp_path / "frames.jsonl", tmp_path / "one.frame"
    told = served.run("quarantine", "export", "--peer", "AZ", "--out", out, "--json").json
    assert told["frames"] == 2
    assert out.stat().st_mode & 0o777 == 0o600
    assert [one["frame"] for one in quarantine_file.decode(out)] == [FRAME, b"1"]
    assert "wrong_link" in served.run("quarantine", "list", "--file", out).out
    assert "from TR.GTB to GE.RS" in served.run("quarantine", "show", 1, "--file", out).out
    assert served.run("quarantine", "show", 7, "--file", out).status == 1
    for narrow, kept in (("TR", []), ("AZ.SCC", [1, 2])):
        ask = ("quarantine", "list", "--file", out, "--peer", narrow, "--json")
        assert [one["number"] for one in served.run(*ask).json] == kept
    old = served.run("quarantine", "list", "--file", out, "--older-than", "12h", "--json").json
    assert [one["number"] for one in old] == [2]
    both = served.run("quarantine", "export", 1, "--peer", "AZ", "--out", tmp_path / "both")
    assert (both.status, "or narrow them" in both.err) == (1, True)
    assert not (tmp_path / "both").exists()
    again = served.run("quarantine", "export", 1, "--out", out)
    assert (again.status, "is there already" in again.err) == (1, True)
    assert served.run("quarantine", "export", 1, 2, "--raw", "--out", raw).status == 1
    assert served.run("quarantine", "export", 1, "--raw", "--out", raw).status == 0
    assert raw.read_bytes() == FRAME
    assert corridor("envelope", "inspect", raw).status == 0
    content = out.read_bytes()
    for bad in (content[:-9], content.replace(b"wrong_link", b"right_link"), b"{}\n", b"[]\n[]\n"):
        out.write_bytes(bad)
        refused = served.run("quarantine", "list", "--file", out)
        assert (refused.status, "no whole export" in refused.err) == (1, True)
    with pytest.raises(InputTrouble, match="64 MiB"):
        quarantine_file.encode("GE.RS", 1, [{"frame": bytes(40 << 20)}] * 2)


def test_the_store_of_a_node_that_stands_can_be_read_and_not_changed(served: Served) -> None:
    served.put(item(0, frame=FRAME))
    served.give_up(2, Reason.AGREEMENT_ENDED)
    served.stop()
    found = served.run("quarantine", "list", "--json")
    assert (found.status, "does not run" in found.err) == (0, True), found.out
    assert found.json["groups"][0]["waiting"] == 1
    assert "from TR.GTB" in served.run("quarantine", "show", 1).out
    assert served.run("quarantine", "release", 1, *WHY).status == 4
    assert len(served.run("dlq", "peek", "--items", "--json").json) == 2
    assert served.run("dlq", "redrive", "--peer", "TR", *WHY).status == 4


# -- what was not delivered


def test_what_was_given_up_is_sent_anew_once(served: Served) -> None:
    assert "nothing of ours" in served.run("dlq", "peek").out
    served.give_up(3, Reason.AGREEMENT_ENDED)
    text = served.run("dlq", "peek").out
    assert "agreement_ended" in text
    assert "can be sent anew" in served.run("dlq", "peek", "--items", "--limit", 2).out
    assert served.run("dlq", "redrive", *WHY).status == 1  # it says of nothing which
    ask = ("dlq", "redrive", "--peer", "TR", "--reason", "agreement_ended", *WHY)
    dry = served.run(*ask, "--dry-run", "--json").json
    assert (len(dry["sent"]), dry["left"]) == (3, {})
    assert served.node._store.counts()["outbox"] == 3
    done = served.run(*ask, "--rate", 1_000, "--json")
    assert done.status == 0, done.err
    assert len({one["again"] for one in done.json["sent"]}) == 3
    assert served.node._store.counts()["outbox"] == 6
    assert served.run(*ask, "--json").json["sent"] == []
    assert served.node._store.counts()["outbox"] == 6
    first = done.json["sent"][0]
    shown = served.run("records", "timeline", first["record_id"]).out
    assert "a test (by anna)" in shown


def test_what_the_partner_may_have_is_sent_only_where_it_is_named(served: Served) -> None:
    served.give_up(1, Reason.UNANSWERED)
    dry = served.run("dlq", "redrive", "--peer", "TR", *WHY, "--dry-run", "--json").json
    assert (dry["sent"], sum(dry["left"].values())) == ([], 1)
    left = served.run("dlq", "redrive", "--peer", "TR", *WHY)
    assert (left.status, "the partner may have it" in left.out) == (6, True)
    done = served.run("dlq", "redrive", "--reason", "unanswered", *WHY, "--json")
    assert (done.status, len(done.json["sent"])) == (0, 1)


def test_what_would_be_refused_again_is_left_and_can_be_dismissed(served: Served) -> None:
    served.give_up(2, Reason.RECORD_INVALID)
    left = served.run("dlq", "redrive", "--peer", "TR", *WHY)
    assert (left.status, "has to be mended" in left.out) == (6, True)
    unnamed = served.run("dlq", "dismiss", *WHY)
    assert (unnamed.status, "say what to dismiss" in unnamed.err) == (1, True)
    dry = served.run("dlq", "dismiss", "--peer", "TR", *WHY, "--dry-run")
    assert "2 records would be dismissed" in dry.out
    assert served.run("dlq", "dismiss", "--peer", "TR", *WHY, "--json").json["dismissed"] == 2
    assert "nothing of ours" in served.run("dlq", "peek").out
    assert served.run("dlq", "dismiss", "--peer", "TR", *WHY, "--json").json["dismissed"] == 0


def test_a_node_without_room_or_agreement_sends_nothing_anew(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.give_up(1, Reason.AGREEMENT_ENDED)
    monkeypatch.setattr("corridor.daemon.back_pressure.free_mib", lambda _path: 0)
    served.node._pressure.measure()
    full = served.run("dlq", "redrive", "--peer", "TR", *WHY)
    assert (full.status, "free disk space is below" in full.out) == (6, True)
    monkeypatch.setattr("corridor.trust.view.TrustView.authorises", lambda *_args: False)
    none = served.run("dlq", "redrive", "--peer", "TR", *WHY)
    assert (none.status, "no agreement in force" in none.out) == (6, True)
    assert served.node._store.counts()["outbox"] == 1


def test_too_many_or_unknown_records_in_a_request_are_refused(served: Served) -> None:
    served.give_up(1, Reason.AGREEMENT_ENDED)
    with asking(served.path) as node:
        unknown = node.redrive([("TR.GTB", b"x" * 16)], "why", "anna", unanswered=False)
        assert unknown["left"][0]["why"] == "it is not known"
        gone = node.dismiss([("TR.GTB", b"x" * 16)], "why", "anna")
        assert gone["left"][0]["why"] == "it is not known"
        letter = bytes.fromhex(node.letters("TR.GTB", "agreement_ended")["letters"][0]["record_id"])
        assert node.letters("TR.GTB", "none")["letters"] == []
        twice = node.dismiss([("TR.GTB", letter)] * 2, "why", "anna")
        assert "already" in twice["left"][0]["why"]
        for ask in (node.redrive, node.dismiss):
            more = {"unanswered": False} if ask == node.redrive else {}
            with pytest.raises(Exception, match="at most 64"):
                ask([("TR.GTB", letter)] * 65, "why", "anna", **more)


def test_what_is_under_way_is_not_dismissed_and_shows_when_it_is_refused(served: Served) -> None:
    offered = [Offered("TR", declaration().SerializeToString())]
    (kept,) = served.node.service.submit(offered)
    with asking(served.path) as node:
        early = node.dismiss([("TR.GTB", kept.record_id)], "not needed", "anna")
        assert (early["dismissed"], early["left"][0]["why"]) == (
            [], "it was neither refused nor given up",
        )  # fmt: skip
        with served.node._store.transaction() as change:
            change.give_up_waiting(TR, {1}, Reason.AGREEMENT_ENDED, now_ms(), 9)
        assert node.letters("TR.GTB", "agreement_ended")["letters"]


# -- rates, ages, Ctrl-C


def test_ctrl_c_stops_between_two_records_and_the_same_command_goes_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.give_up(3, Reason.AGREEMENT_ENDED)
    ids = dlq._ids

    def interrupted(letters: list[dict[str, object]]) -> object:
        signal.raise_signal(signal.SIGINT)
        return ids(letters)

    ask = ("dlq", "redrive", "--peer", "TR", *WHY, "--rate", 1.5, "--json")
    with monkeypatch.context() as change:
        change.setattr(dlq, "_ids", interrupted)
        broken = served.run(*ask)
    assert broken.status == 130
    assert "what was done stays done" in broken.err
    assert (len(broken.json["sent"]), broken.json["stopped"]) == (1, True)
    rest = served.run("dlq", "redrive", "--peer", "TR", *WHY, "--rate", 500, "--json")
    assert (rest.status, len(rest.json["sent"])) == (0, 2)
    assert served.node._store.counts()["outbox"] == 6


def test_a_pace_is_kept_and_a_second_ctrl_c_stops_at_once() -> None:
    began = time.monotonic()
    with pacing.pace(20) as paced:
        for _ in range(5):
            assert paced.wait(1)
        assert time.monotonic() - began >= 4 / 20
        assert (paced.at_once(64), pacing.Pace(0.5).at_once(64)) == (20, 1)
        paced.until(lambda: False, 0.05)
        signal.raise_signal(signal.SIGINT)
        assert not paced.wait(1)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is not None
    assert sys.exc_info() == (None, None, None)


@pytest.mark.parametrize(
    ("text", "ms"), [("90s", 90_000), ("30min", 1_800_000), ("12h", 43_200_000), ("7d", 7 * DAY_MS)]
)
def test_an_age_has_a_unit(text: str, ms: int) -> None:
    assert Age().convert(text, None, None) == ms
    assert Age().convert(ms, None, None) == ms


@pytest.mark.parametrize("text", ["7", "d", "-1d", "400d", "1e3h", "9999999999d", "1w"])
def test_what_is_no_age_is_refused(text: str) -> None:
    refused = corridor("quarantine", "list", "--older-than", text)
    assert (refused.status, "is no age" in refused.err) == (2, True)
