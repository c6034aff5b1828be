"""The monitoring plugin: which state it says, on one line, with its exit status."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders_cli import corridor
from corridor.cli.check_rules import Limits, State, judge

NodeFolder = Callable[..., Path]
NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000


def peer(endpoint: str = "TR.GTB", **other: object) -> dict[str, Any]:
    return {"endpoint": endpoint, "waiting": 0, "unreceipted": 0, "oldest_ms": None,
            "way": "open", **other}  # fmt: skip


def status(*peers: dict[str, Any], **other: object) -> dict[str, Any]:
    return {
        "now_ms": NOW_MS,
        "broker": {"sender": True, "receiver": True, "blocked": False},
        "directory": {"expires_ms": NOW_MS + 100 * DAY_MS},
        "encryption_key_until_ms": NOW_MS + 60 * DAY_MS,
        "store": {"free_mib": 50_000},
        "peers": list(peers),
        "attention": [],
        **other,
    }


CASES = {
    "all well": (status(peer(oldest_ms=NOW_MS - 5_000)), State.OK, "1 partner, nothing stuck"),
    "no partner yet": (status(), State.OK, "0 partners"),
    "old": (
        status(peer(oldest_ms=NOW_MS - 300_000)),
        State.WARNING,
        "TR.GTB: oldest without a receipt 300 s",
    ),
    "too old": (status(peer(oldest_ms=NOW_MS - 1_800_000)), State.CRITICAL, "1800 s"),
    "much waits": (status(peer(waiting=10_000)), State.WARNING, "10000 records wait"),
    "too much waits": (status(peer(waiting=100_000)), State.CRITICAL, "100000 records wait"),
    "no way": (status(peer(way="no_route")), State.WARNING, "the way is no_route"),
    "no broker": (
        status(broker={"sender": True, "receiver": False, "blocked": False}),
        State.CRITICAL,
        "not connected",
    ),
    "blocked": (
        status(broker={"sender": True, "receiver": True, "blocked": True}),
        State.CRITICAL,
        "takes nothing",
    ),
    "disk": (status(store={"free_mib": 2_048}), State.WARNING, "2048 MiB free"),
    "no disk": (status(store={"free_mib": 512}), State.CRITICAL, "512 MiB free"),
    "directory": (
        status(directory={"expires_ms": NOW_MS + 14 * DAY_MS}),
        State.WARNING,
        "the directory ends in 14.0 days",
    ),
    "key ended": (
        status(encryption_key_until_ms=NOW_MS - 1),
        State.CRITICAL,
        "the own encryption key has ended",
    ),
    "attention": (
        status(attention=["12 frames wait in quarantine (signature): `corridor quarantine list`"]),
        State.WARNING,
        "12 frames wait in quarantine",
    ),
    "said once": (
        status(
            broker={"sender": False, "receiver": False, "blocked": False},
            attention=["the own broker is not connected; records are kept and wait"],
        ),
        State.CRITICAL,
        "the own broker is not connected |",
    ),
    "a clock ahead": (status(peer(oldest_ms=NOW_MS + 9_000)), State.OK, "oldest=0s"),
}


@pytest.mark.parametrize(("told", "state", "said"), CASES.values(), ids=CASES.keys())
def test_each_finding_has_its_state(told: dict[str, Any], state: State, said: str) -> None:
    verdict = judge(told, Limits())
    assert verdict.state is state
    assert said in verdict.line
    assert "\n" not in verdict.line


def test_the_worst_finding_makes_the_state_and_comes_first() -> None:
    told = status(peer(oldest_ms=NOW_MS - 300_000), peer("AZ.SCC", waiting=100_000))
    verdict = judge(told, Limits())
    assert verdict.state is State.CRITICAL
    assert verdict.line.startswith("AZ.SCC: 100000 records wait; TR.GTB: oldest")
    assert verdict.line.endswith(
        "| oldest=300s;300;1800 waiting=100000;10000;100000 unreceipted=0 free=50000MB;2048:;512:"
    )


def test_the_link_of_another_partner_is_not_the_business_of_who_asks_for_one() -> None:
    what = "the link that fetches from TR does not run (error: econnrefused)"
    told = status(
        peer(), peer("AZ.SCC"), attention=[f"{what}; call the partner"],
        watch={"findings": [{"partner": "TR", "what": what}]},
    )  # fmt: skip
    assert judge(told, Limits()).line.startswith(f"{what} |")
    assert judge(told, Limits(), ["TR.GTB"]).state is State.WARNING
    assert judge(told, Limits(), ["AZ"]).state is State.OK


def test_only_the_partners_asked_for_count_and_an_unknown_one_is_unknown() -> None:
    told = status(peer(oldest_ms=NOW_MS - 9_000_000), peer("AZ.SCC"))
    assert judge(told, Limits(), ("AZ",)).state is State.OK
    assert judge(told, Limits(), ("TR.GTB",)).state is State.CRITICAL
    unknown = judge(told, Limits(), ("AZ", "XX"))
    assert unknown.state is State.UNKNOWN
    assert "XX is no partner" in unknown.line
    assert judge(told, Limits(), ("TR", "XX")).state is State.CRITICAL


@pytest.mark.parametrize(
    "arguments", [("--age", "x"), ("--age", "1"), ("--nonsense",), ("--age", "nan", "2")]
)
def test_a_mistake_in_the_command_line_is_unknown_and_wakes_nobody(
    arguments: tuple[str, ...],
) -> None:
    said = corridor("check", *arguments)
    assert (said.status, said.err) == (3, "")
    assert said.out.startswith("CORRIDOR UNKNOWN - ")
    assert corridor("check", *arguments, "--json").json["state"] == "UNKNOWN"


@pytest.mark.parametrize(
    "arguments",
    [("--age", 10, 5), ("--waiting", 10, 5), ("--days", 3, 14), ("--free", 512, 2048)],
)
def test_limits_that_are_critical_before_they_warn_are_unknown(
    arguments: tuple[object, ...], node_folder: NodeFolder
) -> None:
    said = corridor("check", "--config", node_folder(), *arguments)
    assert said.status == 3
    assert f"WARN lies beyond CRIT in {arguments[0]}" in said.out
    same = corridor("check", "--config", node_folder("TR"), arguments[0], 7, 7)
    assert same.status == 2  # no node answers


def test_a_configuration_that_cannot_be_read_is_unknown_and_a_silent_node_critical(
    tmp_path: Path, node_folder: NodeFolder
) -> None:
    said = corridor("check", "--config", tmp_path / "none.toml")
    assert (said.status, said.out.count("\n")) == (3, 1)
    silent = corridor("check", "--config", node_folder())
    assert silent.status == 2
    assert silent.out.startswith("CORRIDOR CRITICAL - no node answers at ")
