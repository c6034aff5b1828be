"""The registry's ceremonies: refused by name, repeated without harm, never too few signatures."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from builders_cli import corridor, typing
from builders_join import JoinWorld, admitted, agreed, good
from corridor.trust.frames import decode_statement_frame, encode_statement_frame
from corridor.trust.statements import Signed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> JoinWorld:
    return admitted(tmp_path_factory.mktemp("join") / "w")


@pytest.fixture
def world(made: JoinWorld, tmp_path: Path) -> JoinWorld:
    return made.copy(tmp_path / "w")


def reason(said) -> str:  # noqa: ANN001 - Said
    error = said.json["error"]
    return str(error.get("reason", error["code"]))


def test_a_draft_that_too_few_signed_is_published_by_nobody(world: JoinWorld) -> None:
    draft = world.at / "next.crt1"
    good("registry", "renew", "--network", world.network, "--keys", world.keys("UN"), "--out",
         draft, "--yes")  # fmt: skip
    said = corridor("registry", "status", draft, "--network", world.network)
    assert (said.status, "may still sign: EAST, WEST" in said.out) == (1, True)
    before = sorted(path.name for path in world.network.iterdir())
    refused = corridor("registry", "publish", draft, "--network", world.network, "--json")
    assert (refused.status, reason(refused)) == (1, "quorum")
    assert sorted(path.name for path in world.network.iterdir()) == before
    world.sign_and_publish("next.crt1")
    assert corridor("registry", "status", draft, "--network", world.network).status == 0


def test_signatures_made_in_parallel_are_put_together(world: JoinWorld) -> None:
    draft, other = world.at / "next.crt1", world.at / "copy.crt1"
    good("registry", "renew", "--network", world.network, "--keys", world.keys("WEST"), "--out",
         draft, "--yes")  # fmt: skip
    shutil.copy(draft, other)
    good("registry", "sign", other, "--network", world.network, "--keys", world.keys("UN"), "--yes")
    said = good("registry", "publish", draft, other, "--network", world.network, "--json")
    assert said.json["published"] == ["directory-000002"]


def test_what_is_published_never_loses_a_signature(world: JoinWorld) -> None:
    published = world.network / "directory-000001.crt1"
    signed = Signed.parse(decode_statement_frame(published.read_bytes()))
    assert len(signed.signatures) == 2
    from dataclasses import replace  # noqa: PLC0415 - one use

    fewer = replace(signed, signatures=signed.signatures[:1])
    (world.at / "fewer.crt1").write_bytes(encode_statement_frame(fewer.to_bytes()))
    corridor("registry", "publish", world.at / "fewer.crt1", "--network", world.network)
    kept = Signed.parse(decode_statement_frame(published.read_bytes()))
    assert len(kept.signatures) == 2


def test_repeated_commands_change_nothing(world: JoinWorld) -> None:
    words = ("registry", "renew", "--network", world.network, "--keys", world.keys("UN"), "--out",
             world.at / "next.crt1", "--yes")  # fmt: skip
    good(*words)
    once = (world.at / "next.crt1").read_bytes()
    good(*words)
    assert (world.at / "next.crt1").read_bytes() == once
    sign = ("registry", "sign", world.at / "next.crt1", "--network", world.network, "--keys",
            world.keys("EAST"), "--yes")  # fmt: skip
    good(*sign)
    twice = (world.at / "next.crt1").read_bytes()
    good(*sign)
    good(*words)
    assert (world.at / "next.crt1").read_bytes() == twice
    good("registry", "publish", world.at / "next.crt1", "--network", world.network)
    good("registry", "publish", world.at / "next.crt1", "--network", world.network)
    card = (world.at / "UN.json").read_bytes()
    good("registry", "body-key", "--id", "UN", "--class", "un", "--at", world.keys("UN"), "--out",
         world.at / "UN.json")  # fmt: skip
    assert (world.at / "UN.json").read_bytes() == card


def test_a_file_that_says_something_else_is_not_overwritten(world: JoinWorld) -> None:
    said = corridor("registry", "renew", "--network", world.network, "--keys", world.keys("UN"),
                    "--out", world.at / "root.crt1", "--yes", "--json")  # fmt: skip
    assert reason(said) == "configuration"


def damaged(world: JoinWorld, change) -> Path:  # noqa: ANN001 - what to do to the request
    path = world.request("ge")
    asked = json.loads(path.read_text())
    change(asked)
    path.write_text(json.dumps(asked))
    return path


def flip(asked: dict) -> None:
    raw = bytearray(base64.b64decode(asked["possession"]))
    raw[-1] ^= 1
    asked["possession"] = base64.b64encode(bytes(raw)).decode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (flip, "statement_signature"),
        (lambda asked: asked.pop("possession"), "input"),
        (lambda asked: asked.update(possession="?"), "input"),
        (lambda asked: asked.update(possession=""), "statement_malformed"),
        (lambda asked: asked.update(endpoint="AZ.SCC"), "input"),
        (lambda asked: asked["broker"].update(host="evil.example"), "input"),
        (lambda asked: asked["identity"].update(threshold=1), "input"),
        (lambda asked: asked.update(corridor_join_request=9), "input"),
        (lambda asked: asked.clear(), "input"),
        (lambda asked: asked.update(note="x"), "statement_chain"),
    ],
    ids=["wrong proof", "no proof", "no base64", "empty proof", "another endpoint",
         "another broker", "another threshold", "newer", "empty", "listed already"],
)  # fmt: skip
def test_a_request_that_is_not_right_is_refused_by_name(
    world: JoinWorld,
    change,  # noqa: ANN001 - what to do to the request
    expected: str,
) -> None:
    heard = world.fingerprint("ge")
    path = damaged(world, change)
    said = corridor("registry", "admit", path, "--network", world.network, "--keys",
                    world.keys("UN"), "--out", world.at / "x.crt1", "--yes", "--json",
                    "--expect-fingerprint", heard)  # fmt: skip
    assert (said.status != 0, reason(said)) == (True, expected)
    assert not (world.at / "x.crt1").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"{}" * 200_000])
def test_what_is_no_request_is_named(world: JoinWorld, content: bytes) -> None:
    world.request("ge").write_bytes(content)
    said = corridor("registry", "admit", world.request("ge"), "--network", world.network, "--keys",
                    world.keys("UN"), "--out", world.at / "x.crt1", "--json")  # fmt: skip
    assert reason(said) == "input"


def test_nobody_is_admitted_whose_fingerprint_was_not_compared(world: JoinWorld) -> None:
    words = ("registry", "admit", world.request("ge"), "--network", world.network, "--keys",
             world.keys("UN"), "--out", world.at / "x.crt1")  # fmt: skip
    assert corridor(*words, "--yes").status == 2
    wrong = world.fingerprint("tr")
    said = corridor(*words, "--yes", "--expect-fingerprint", wrong, "--json")
    assert "another than the one you were told" in said.json["error"]["message"]
    short = corridor(*words, "--yes", "--expect-fingerprint", wrong[:20], "--json")
    assert "64 hexadecimal digits" in short.json["error"]["message"]


def test_a_second_endpoint_of_a_country_is_refused(world: JoinWorld) -> None:
    good("init", "--endpoint", "GE.OTHER", "--administration", "Other", "--broker-host",
         "mq.other.ge", "--at", world.at / "other", "--no-input")  # fmt: skip
    asked = json.loads((world.at / "other" / "join-request.json").read_text())
    said = corridor("registry", "admit", world.at / "other" / "join-request.json", "--network",
                    world.network, "--keys", world.keys("UN"), "--out", world.at / "x.crt1",
                    "--yes", "--expect-fingerprint", asked["identity"]["fingerprint"],
                    "--json")  # fmt: skip
    assert reason(said) == "statement_chain"
    assert "GE has an endpoint already" in said.json["error"]["message"]


def test_a_person_who_does_not_say_yes_signs_nothing(
    world: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("registry", "renew", "--network", world.network, "--keys", world.keys("UN"), "--out",
             world.at / "next.crt1")  # fmt: skip
    assert corridor(*words).status == 2  # nobody can be asked
    typing(monkeypatch)("no")
    said = corridor(*words)
    assert said.status == 130
    assert "directory 2" in said.err
    assert not (world.at / "next.crt1").exists()
    typing(monkeypatch)("yes")
    assert corridor(*words).status == 0


def test_a_stranger_signs_nothing(world: JoinWorld) -> None:
    good("registry", "body-key", "--id", "NEW", "--class", "other", "--at", world.keys("NEW"),
         "--out", world.at / "NEW.json")  # fmt: skip
    said = corridor("registry", "sign", world.network / "directory-000001.crt1", "--network",
                    world.network, "--keys", world.keys("NEW"), "--yes", "--json")  # fmt: skip
    assert reason(said) == "quorum"
    empty = corridor("registry", "sign", world.at / "root.crt1", "--keys", world.at / "none",
                     "--yes", "--json")  # fmt: skip
    assert reason(empty) == "key"


def test_a_directory_is_judged_by_the_network_it_belongs_to(world: JoinWorld) -> None:
    directory = world.network / "directory-000001.crt1"
    assert reason(corridor("registry", "show", directory, "--json")) == "input"
    shown = good("registry", "show", directory, "--network", world.network)
    assert "TR.GTB, Ministry of Trade" in shown.out
    heard = corridor("registry", "sign", directory, "--network", world.network, "--keys",
                     world.keys("EAST"), "--yes", "--expect-fingerprint", "ab" * 32)  # fmt: skip
    assert heard.status == 1


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--root-change", "any >= 9"), "refused"),
        (("--root-change", "everybody"), "configuration"),
        (("--directory", "UN > 1"), "configuration"),
        (("--name", ""), "refused"),
    ],
)
def test_a_root_that_nobody_could_believe_is_not_drafted(
    world: JoinWorld, flags: tuple[str, ...], code: str
) -> None:
    cards = [world.at / f"{name}.json" for name in ("UN", "EAST", "WEST")]
    said = corridor("registry", "found", *cards, "--name", "x", *flags, "--keys", world.keys("UN"),
                    "--out", world.at / "new.crt1", "--yes", "--json")  # fmt: skip
    assert said.json["error"]["code"] == code
    assert not (world.at / "new.crt1").exists()


@pytest.mark.parametrize(
    "flags",
    [("--id", "un"), ("--id", "U N"), ("--threshold", "2"), ("--keys", "3")],
)
def test_keys_of_a_body_that_cannot_be_used_are_refused(
    world: JoinWorld, flags: tuple[str, ...]
) -> None:
    said = corridor("registry", "body-key", "--id", "UN", "--class", "un", "--at",
                    world.keys("UN"), "--out", world.at / "new.json", *flags)  # fmt: skip
    assert said.status != 0
    assert not (world.at / "new.json").exists()


def test_a_card_that_is_none_is_named(world: JoinWorld) -> None:
    for content in ("{}", '{"corridor_registry_body": 2}', "nonsense"):
        (world.at / "bad.json").write_text(content)
        said = corridor("registry", "found", world.at / "bad.json", "--name", "x", "--keys",
                        world.keys("UN"), "--out", world.at / "new.crt1", "--json")  # fmt: skip
        assert reason(said) == "input"


def test_a_directory_folder_that_lacks_a_root_is_named(world: JoinWorld) -> None:
    (world.network / "root-000001.crt1").unlink()
    said = corridor("registry", "renew", "--network", world.network, "--keys", world.keys("UN"),
                    "--out", world.at / "x.crt1", "--yes", "--json")  # fmt: skip
    assert reason(said) == "input"
    shutil.rmtree(world.network)
    world.network.mkdir()
    again = corridor("registry", "renew", "--network", world.network, "--keys", world.keys("UN"),
                     "--out", world.at / "x.crt1", "--yes", "--json")  # fmt: skip
    assert reason(again) == "input"


def test_two_directories_of_one_number_are_told(world: JoinWorld, tmp_path: Path) -> None:
    for name, other in {name: world.copy(tmp_path / name) for name in ("a", "b")}.items():
        good("registry", "renew", "--network", other.network, "--keys", other.keys("UN"), "--out",
             other.at / "next.crt1", "--yes")  # fmt: skip
        other.sign_and_publish("next.crt1")
        shutil.copy(other.network / "directory-000002.crt1", world.network / f"{name}.crt1")
    said = corridor("registry", "renew", "--network", world.network, "--keys", world.keys("UN"),
                    "--out", world.at / "x.crt1", "--yes", "--json")  # fmt: skip
    assert reason(said) == "equivocation"


def test_an_agreement_needs_both_and_is_listed_once(tmp_path: Path) -> None:
    world = agreed(tmp_path / "w")
    shown = good("registry", "show", world.network / "directory-000002.crt1", "--network",
                 world.network, "--json")  # fmt: skip
    assert shown.json["agreements"] == 2
    again = corridor("registry", "include-agreement", world.at / "agreement", "--network",
                     world.network, "--keys", world.keys("UN"), "--out", world.at / "x.crt1",
                     "--yes", "--json")  # fmt: skip
    assert again.json["error"]["message"].endswith(" is in the directory already")
