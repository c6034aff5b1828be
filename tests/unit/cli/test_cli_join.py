"""Joining and agreeing: repeated without harm, cut short and begun again, refused by name."""

import shutil
import time
from pathlib import Path

import pytest

from builders_cli import Said, corridor, typing
from builders_join import JoinWorld, admitted, agreed, good
from corridor.daemon import audit_trail
from corridor.daemon.config import load_config
from corridor.daemon.trust_keeper import open_trust


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> JoinWorld:
    return admitted(tmp_path_factory.mktemp("join") / "w")


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> JoinWorld:
    return agreed(tmp_path_factory.mktemp("join") / "w")


@pytest.fixture
def world(before: JoinWorld, tmp_path: Path) -> JoinWorld:
    return before.copy(tmp_path / "w")


@pytest.fixture
def done(after: JoinWorld, tmp_path: Path) -> JoinWorld:
    return after.copy(tmp_path / "w")


def reason(said: Said) -> str:
    error = said.json["error"]
    return str(error.get("reason", error["code"]))


def new_steps(said: Said) -> list[bool]:
    assert said.status == 0, said.out
    return [step["new"] for step in said.json["steps"]]


def test_a_node_joins_and_doing_it_again_changes_nothing(world: JoinWorld) -> None:
    assert new_steps(world.join("ge", "--json")) == [True] * 4
    config = load_config(world.config("ge"))
    files = [path for path in (world.at / "ge").rglob("*") if path.is_file()]
    kept = {path: path.read_bytes() for path in files if path.name != audit_trail.FILE}
    assert new_steps(world.join("ge", "--json")) == [False] * 4
    assert {path: path.read_bytes() for path in kept} == kept
    view = open_trust(config).load(time.time_ns() // 1_000_000)
    assert view.delegation("GE.RS") is not None
    assert view.bundle(config.endpoint) is not None
    assert not view.is_lab
    assert "# its endpoint in the directory" in world.config("ge").read_text()


def test_a_run_that_was_cut_short_goes_on_where_it_ended(world: JoinWorld) -> None:
    words = ("join", "--config", world.config("ge"), "--network", world.network, "--json")
    first = corridor(*words, "--fingerprint", world.genesis())
    assert new_steps(first) == [True, True]  # without the identity keys
    assert "--identity" in first.json["next"][0]
    trust = world.at / "ge" / "trust"
    (trust / "current").unlink()  # killed between the statements and their list
    assert new_steps(corridor(*words, "--identity", world.identity("ge"))) == [False] + [True] * 3


def test_left_over_files_of_a_killed_run_are_no_obstacle(world: JoinWorld) -> None:
    trust = world.at / "ge" / "trust"
    trust.mkdir(mode=0o700)
    (trust / ".root-000001.crt1.new").write_bytes(b"half")
    (world.network / ".directory-000001.crt1.9.new").write_bytes(b"half")
    (world.at / "ge" / ".node.toml.9.new").write_text("half")
    assert world.join("ge").status == 0


@pytest.mark.parametrize("heard", ["ab" * 32, "ab" * 31, "", "not a fingerprint", "ab" * 33])
def test_another_fingerprint_writes_nothing(world: JoinWorld, heard: str) -> None:
    text = world.config("ge").read_text()
    said = corridor("join", "--config", world.config("ge"), "--network", world.network,
                    "--fingerprint", heard, "--json")  # fmt: skip
    assert (said.status, reason(said)) == (1, "input")
    assert world.config("ge").read_text() == text
    assert not (world.at / "ge" / "trust").exists()


def test_a_fingerprint_is_typed_as_it_was_heard(
    world: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("join", "--config", world.config("ge"), "--network", world.network)
    assert corridor(*words).status == 2  # nobody can be asked
    typing(monkeypatch)(world.genesis().upper().replace(" ", ":"))
    assert corridor(*words).status == 0
    assert corridor(*words).status == 0  # it is pinned: nobody is asked again


def test_another_network_is_another_folder(world: JoinWorld, tmp_path: Path) -> None:
    assert world.join("ge").status == 0
    other = admitted(tmp_path / "other")
    text = world.config("ge").read_text()
    said = corridor("join", "--config", world.config("ge"), "--network", other.network,
                    "--fingerprint", other.genesis(), "--json")  # fmt: skip
    assert (said.status, reason(said)) == (3, "configuration")
    assert world.config("ge").read_text() == text


def test_an_older_directory_is_refused_by_name(done: JoinWorld) -> None:
    (done.network / "directory-000002.crt1").unlink()
    said = done.join("ge", "--json")
    assert reason(said) == "rollback"
    view = open_trust(load_config(done.config("ge"))).load(time.time_ns() // 1_000_000)
    assert view.dir_version == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"Ministry of Trade", b"Ministry of Fraud", "statement_signature"),
        (b"CRT1", b"CRT2", "input"),
        (b"mq.rs.ge", b"mq.rs.gg", "statement_signature"),
    ],
)
def test_a_directory_that_was_changed_is_refused(
    world: JoinWorld, old: bytes, new: bytes, expected: str
) -> None:
    file = world.network / "directory-000001.crt1"
    file.write_bytes(file.read_bytes().replace(old, new))
    assert reason(world.join("ge", "--json")) == expected
    assert "(must be given)" in world.config("ge").read_text()


@pytest.mark.parametrize("size", [0, 7, 100])
def test_a_directory_that_was_cut_short_is_refused(world: JoinWorld, size: int) -> None:
    file = world.network / "directory-000001.crt1"
    file.write_bytes(file.read_bytes()[:size])
    assert reason(world.join("ge", "--json")) == "input"


def test_a_directory_that_has_ended_is_refused(
    world: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    genesis = world.genesis()
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 60 * 86_400 * 10**9)
    said = corridor("join", "--config", world.config("ge"), "--network", world.network,
                    "--fingerprint", genesis, "--json")  # fmt: skip
    assert reason(said) == "statement_expired"
    assert "(must be given)" in world.config("ge").read_text()


def test_a_clock_that_is_behind_is_named(world: JoinWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    genesis = world.genesis()
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 86_400 * 10**9)
    said = corridor("join", "--config", world.config("ge"), "--network", world.network,
                    "--fingerprint", genesis, "--json")  # fmt: skip
    assert reason(said) == "created_in_future"


def test_a_root_alone_is_not_enough_and_a_stranger_is_told(
    world: JoinWorld, tmp_path: Path
) -> None:
    good("init", "--endpoint", "AZ.SCC", "--administration", "Customs", "--broker-host", "mq.az",
         "--at", tmp_path / "az", "--no-input")  # fmt: skip
    words = ("join", "--config", tmp_path / "az" / "node.toml", "--network", world.network,
             "--fingerprint", world.genesis(), "--json")  # fmt: skip
    said = corridor(*words)
    assert reason(said) == "configuration"
    assert "does not list AZ.SCC" in said.json["error"]["message"]
    (world.network / "directory-000001.crt1").unlink()
    assert reason(corridor(*words)) == "statement_expired"


def test_identity_keys_of_another_lend_nothing(world: JoinWorld) -> None:
    said = corridor("join", "--config", world.config("ge"), "--network", world.network,
                    "--fingerprint", world.genesis(), "--identity", world.identity("tr"),
                    "--json")  # fmt: skip
    assert reason(said) == "key"
    assert world.join("ge").status == 0


def test_a_configuration_that_cannot_be_read_stays_as_it_is(world: JoinWorld) -> None:
    for content in ("nonsense =", "[trust]\nunknown = 1\n"):
        world.config("ge").write_text(content)
        assert reason(world.join("ge", "--json")) == "configuration"
        assert world.config("ge").read_text() == content
    world.config("ge").unlink()
    assert reason(world.join("ge", "--json")) == "configuration"


def test_a_value_is_written_where_its_line_was_taken_away(world: JoinWorld) -> None:
    config = world.config("ge")
    text = "".join(line for line in config.read_text().splitlines(keepends=True)
                   if "genesis_sha256" not in line)  # fmt: skip
    config.write_text(text)
    assert world.join("ge").status == 0
    config.write_text(text.replace("[trust]\n", ""))
    assert corridor("join", "--config", config, "--network", world.network, "--fingerprint",
                    world.genesis()).status == 0  # fmt: skip
    assert load_config(config).trust.genesis_sha256 == world.genesis().replace(" ", "")


@pytest.mark.parametrize(("days", "new"), [(40, False), (61, True), (80, True), (100, True)])
def test_keys_that_end_soon_are_followed_by_new_ones(
    done: JoinWorld, monkeypatch: pytest.MonkeyPatch, days: int, *, new: bool
) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + days * 86_400 * 10**9)
    good("registry", "renew", "--network", done.network, "--keys", done.keys("UN"), "--out",
         done.at / "next.crt1", "--yes")  # fmt: skip
    done.sign_and_publish("next.crt1")
    steps = done.join("ge", "--json").json["steps"]
    assert [step["new"] for step in steps] == [False, True, new, False]
    config = load_config(done.config("ge"))
    held = open_trust(config).load(time.time_ns() // 1_000_000).delegation("GE.RS")
    assert held is not None
    assert len(held.keys) == (4 if new else 2)
    assert not any(step["new"] for step in done.join("ge", "--json").json["steps"])
    found = corridor("doctor", "--config", done.config("ge"), "--only", "directory", "--json").json
    assert found["checks"][1]["status"] == "ok"


# --- agreements ---------------------------------------------------------------------------------


def test_an_agreement_is_shown_signed_and_listed(done: JoinWorld) -> None:
    listed = good("agreement", "list", "--config", done.config("ge"), "--json").json
    pairs = {(one["sender"], one["recipient"]) for one in listed}
    assert pairs == {("GE.RS", "TR.GTB"), ("TR.GTB", "GE.RS")}
    shown = good("agreement", "show", done.at / "agreement", "--config", done.config("tr")).out
    assert shown.count("complete") == 2
    assert "all record types" in shown
    assert done.propose().status == 0  # the same again: the signatures stay
    again = good("agreement", "show", done.at / "agreement", "--config", done.config("tr"))
    assert again.out == shown


def test_terms_are_flags_and_another_agreement_is_another_file(done: JoinWorld) -> None:
    said = done.propose("--types", "9,1", "--from", "2026-01-01", "--to", "2030-01-01", "--label",
                        "pilot", "--purpose", "pilot")  # fmt: skip
    assert said.status == 0, said.err
    assert "record types 1, 9, for pilot" in said.err
    other = done.propose("--types", "1", "--label", "pilot")
    assert (other.status, "says something else" in other.err) == (3, True)


@pytest.mark.parametrize(
    "flags",
    [("--types", "0"), ("--types", "22"), ("--types", "x"), ("--types", ""), ("--from", "soon")],
)
def test_terms_that_cannot_be_are_refused(done: JoinWorld, flags: tuple[str, str]) -> None:
    assert done.propose(*flags).status == 2


def test_an_agreement_that_ends_before_it_starts_is_refused(done: JoinWorld) -> None:
    said = done.propose("--from", "2027-01-02", "--to", "2027-01-01", "--label", "x", "--json")
    assert reason(said) == "statement_malformed"


def test_nobody_signs_with_whom_he_did_not_compare(
    done: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("agreement", "propose", "TR", "--config", done.config("ge"), "--identity",
             done.identity("ge"), "--out", done.at / "second", "--label", "second")  # fmt: skip
    assert corridor(*words, "--yes").status == 2
    wrong = corridor(*words, "--yes", "--partner-fingerprint", done.fingerprint("ge"), "--json")
    assert reason(wrong) == "input"
    assert not (done.at / "second").exists()
    typing(monkeypatch)("yes")
    said = corridor(*words)
    assert said.status == 0, said.err
    assert done.fingerprint("tr") in said.err
    unsigned = corridor("registry", "include-agreement", done.at / "second", "--network",
                        done.network, "--keys", done.keys("UN"), "--out", done.at / "x.crt1",
                        "--yes", "--json")  # fmt: skip
    assert reason(unsigned) == "quorum"


def test_a_stranger_is_no_party(done: JoinWorld, tmp_path: Path) -> None:
    unknown = corridor("agreement", "propose", "AZ", "--config", done.config("ge"), "--identity",
                       done.identity("ge"), "--out", done.at / "x", "--yes", "--json")  # fmt: skip
    assert reason(unknown) == "configuration"
    other = admitted(tmp_path / "other")
    assert other.join("ge").status == 0
    assert other.propose().status == 0
    foreign = corridor("agreement", "show", other.at / "agreement", "--config", done.config("ge"),
                       "--json")  # fmt: skip
    assert reason(foreign) == "network"


def test_an_agreement_that_was_changed_is_not_signed(done: JoinWorld) -> None:
    file = next((done.at / "agreement").iterdir())
    file.write_bytes(file.read_bytes().replace(b"transit", b"transir"))
    said = corridor("agreement", "sign", file, "--config", done.config("tr"), "--identity",
                    done.identity("tr"), "--partner-fingerprint", done.fingerprint("ge"), "--yes",
                    "--json")  # fmt: skip
    assert reason(said) == "statement_signature"
    root = corridor("agreement", "show", done.at / "root.crt1", "--config", done.config("tr"),
                    "--json")  # fmt: skip
    assert root.status != 0


# --- what the firewall and the broker are told ---------------------------------------------------


def test_the_firewall_is_asked_for_two_lines_a_partner_and_nothing_else(done: JoinWorld) -> None:
    ways = good("broker", "firewall", "--config", done.config("ge"), "--json").json
    rules = [rule for way in ways for rule in way["rules"]]
    match = 'tcp dport 5671 ct state new accept comment "TR.GTB"'
    assert rules == [
        f"nft add rule inet filter input ip saddr 192.0.2.2 {match}",
        f"nft add rule inet filter output ip daddr 192.0.2.2 {match}",
    ]
    given = good("broker", "firewall", "--config", done.config("ge"), "--partner-address",
                 "TR=2001:db8::7")  # fmt: skip
    assert "ip6 saddr 2001:db8::7" in given.out
    assert "ip daddr 192.0.2.2" in given.out
    bad = ("broker", "firewall", "--config", done.config("ge"), "--partner-address", "TR=mq")
    assert corridor(*bad).status == 2


def test_without_a_partner_nothing_is_opened(world: JoinWorld) -> None:
    assert world.join("ge").status == 0
    assert "open nothing" in good("broker", "firewall", "--config", world.config("ge")).out


def test_a_name_that_nobody_knows_is_told_in_words(
    done: JoinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.transport.reach.resolve", lambda _host: ())
    said = good("broker", "firewall", "--config", done.config("ge"))
    assert "nft" not in said.out
    assert "--partner-address" in said.out


def test_a_password_s_hash_goes_where_it_belongs(done: JoinWorld) -> None:
    config, secret = done.config("ge"), done.at / "operator.password"
    good("broker", "password", secret, "--config", config)
    hashed = load_config(config).links.operator_password_hash
    assert hashed
    assert corridor("broker", "password", secret, "--config", config).status == 1
    assert load_config(config).links.operator_password_hash == hashed
    secret.unlink()
    good("broker", "password", secret, "--config", config)
    assert load_config(config).links.operator_password_hash != hashed
    missing = corridor("broker", "password", done.at / "new", "--config", done.at / "none")
    assert (missing.status, (done.at / "new").exists()) == (3, False)


def test_the_watch_is_told_where_its_password_lies(done: JoinWorld) -> None:
    config, secret = done.config("ge"), done.at / "watch.password"
    good("broker", "password", secret, "--for", "watch", "--config", config)
    changed = load_config(config)
    assert changed.links.watch_password_hash
    assert changed.watch.password_file == secret.resolve()
    assert secret.stat().st_mode & 0o777 == 0o600


def test_the_broker_s_environment_names_its_files(done: JoinWorld) -> None:
    good("broker", "render", "--config", done.config("ge"))
    etc = done.at / "ge" / "broker" / "etc"
    lines = (etc / "rabbitmq-env.conf").read_text().splitlines()
    named = dict(line.split("=") for line in lines)
    assert set(named) == {"CONFIG_FILE", "ADVANCED_CONFIG_FILE", "ENABLED_PLUGINS_FILE"}
    assert all(Path(path).is_file() for path in named.values())
    shutil.rmtree(etc)
