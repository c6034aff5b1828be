"""The registry ends what a member asked to end, and nothing else; a member leaves in its time."""

import hashlib
import json
from pathlib import Path

import pytest

from builders_cli import Said, corridor
from builders_join import JoinWorld, agreed, good


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> JoinWorld:
    return agreed(tmp_path_factory.mktemp("join") / "w")


@pytest.fixture
def world(made: JoinWorld, tmp_path: Path) -> JoinWorld:
    return made.copy(tmp_path / "w")


def agreements(world: JoinWorld) -> list[str]:
    listed = good("agreement", "list", "--config", world.config("ge"), "--json").json
    return sorted(one["id"] for one in listed)


def ask(world: JoinWorld, *names: str) -> tuple[Path, str]:
    """Georgia's request, and its fingerprint."""
    file = world.at / "end.json"
    said = good("agreement", "end", *names, "--out", file, "--config", world.config("ge"), "--json")
    return file, said.json["fingerprint"]


def draft(world: JoinWorld, file: Path, heard: str, name: str = "next.crt1") -> Said:
    return corridor("registry", "end", file, "--fingerprint", heard, "--network", world.network,
                    "--keys", world.keys("UN"), "--out", world.at / name, "--yes",
                    "--json")  # fmt: skip


def fingerprint_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_a_member_asks_is_shown_signed_by_a_quorum_and_published(world: JoinWorld) -> None:
    name = agreements(world)[0]
    file, heard = ask(world, name)
    said = draft(world, file, heard)
    assert said.status == 0, said.out
    assert [one["id"] for one in said.json["ended_agreements"]] == [name]
    assert name in said.err  # in words, before anything was signed
    assert not said.json["complete"]
    world.sign_and_publish("next.crt1")
    assert max(one.name for one in world.network.glob("directory-*")) > "directory-000002"
    again, heard = ask(world, name)
    assert draft(world, again, heard, "again.crt1").status != 0  # it has been ended


def test_only_a_party_may_end_an_agreement(world: JoinWorld) -> None:
    file, _ = ask(world, agreements(world)[0])
    told = json.loads(file.read_text())
    for change in ({"member": "AZ.SCC"}, {"agreements": ["of others"]}):
        file.write_text(json.dumps({**told, **change}))
        refused = draft(world, file, fingerprint_of(file))
        assert refused.status == 1
        assert "no such endpoint" in refused.out or "no party" in refused.out
        assert not (world.at / "next.crt1").exists()


JUNK = [b"{}", b"[]", b"\xff", b"[" * 3000, b'{"corridor_end_request": 2}']


@pytest.mark.parametrize("content", JUNK)
def test_what_is_no_request_is_told(world: JoinWorld, content: bytes) -> None:
    file = world.at / "junk.json"
    file.write_bytes(content)
    refused = draft(world, file, fingerprint_of(file))
    assert (refused.status, "no request to end anything" in refused.out) == (1, True)


def test_a_request_with_another_fingerprint_is_not_looked_at(world: JoinWorld) -> None:
    file, _ = ask(world, agreements(world)[0])
    refused = draft(world, file, "ab" * 32)
    assert (refused.status, "the fingerprint is another" in refused.out) == (1, True)
    assert not (world.at / "next.crt1").exists()


def test_a_member_leaves_when_receipts_no_longer_pass_or_at_once(world: JoinWorld) -> None:
    words = ("registry", "leave", "GE.RS", "--network", world.network, "--keys", world.keys("UN"),
             "--out", world.at / "next.crt1", "--yes", "--json")  # fmt: skip
    early = corridor(*words)
    assert early.status == 3
    assert "receipts may still pass" in early.out
    said = corridor(*words, "--at-once")
    assert said.status == 0, said.out
    (changed,) = said.json["changed_members"]
    assert (changed["endpoint"], changed["status"]) == ("GE.RS", "LEFT")
    world.sign_and_publish("next.crt1")
    gone = corridor(*words[:7], "--out", world.at / "x.crt1", "--yes", "--json")
    assert "has left already" in gone.out
