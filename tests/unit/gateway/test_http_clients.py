"""Who may use HTTP, and how often: the file, the command, the buckets."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_lab import corridor
from corridor.errors import ConfigurationError, InputTrouble, KeyTrouble
from corridor.gateway.http.clients import (
    Client,
    Clients,
    load_clients,
    new_token,
    save_clients,
    token_client,
    with_client,
)
from corridor.gateway.http.rates import Rates


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "http" / "clients.json"


def client(name: str = "office", **changes: object) -> Client:
    told: dict[str, object] = {"name": name, "secret_sha256": "0" * 64, "roles": ("reader",)}
    return Client(**{**told, **changes})  # type: ignore[arg-type]


def test_what_is_written_is_read_and_is_for_its_owner_alone(file: Path) -> None:
    assert load_clients(file).all == ()
    token = new_token()
    kept = with_client(Clients(), token_client(client(partners=("TR",)), token))
    save_clients(file, kept)
    assert load_clients(file).all == kept
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert token not in file.read_text()
    found = load_clients(file)
    assert found.by_token(token) == kept[0]
    assert found.by_token(token + "x") is None
    assert found.by_token("") is None
    assert found.by_certificate(token.encode()) is None


def test_a_file_that_others_may_read_is_refused(file: Path) -> None:
    save_clients(file, (client(),))
    file.chmod(0o644)
    with pytest.raises(KeyTrouble, match="0600"):
        load_clients(file)
    file.unlink()
    file.symlink_to("/dev/null")
    with pytest.raises(KeyTrouble):
        load_clients(file)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"clients": 1}', '{"clients": [{"x": 1}]}', "\x00"]
)
def test_a_file_that_is_none_is_refused(file: Path, content: str) -> None:
    save_clients(file, ())
    file.write_text(content)
    with pytest.raises(ConfigurationError, match="is not a file of clients"):
        load_clients(file)


def test_all_faults_of_a_file_are_named(file: Path) -> None:
    wrong = (
        client("a b"),
        client("c", roles=()),
        client("d", lanes=("fast",)),
        client("e", partners=("Georgia",)),
        client("f", secret_sha256="x"),  # noqa: S106 - no secret
        client("g"),
        client("g"),
    )
    save_clients(file, wrong)
    with pytest.raises(ConfigurationError) as caught:
        load_clients(file)
    assert len(caught.value.faults) == 6


def test_a_client_with_faults_or_a_taken_name_is_not_added() -> None:
    known = Clients((client(),))
    with pytest.raises(InputTrouble) as caught:
        with_client(known, client(roles=("king",)))
    assert len(caught.value.faults) == 2


def test_the_operator_adds_lists_and_revokes(node_folder: object) -> None:
    config = node_folder()  # type: ignore[operator]
    place = ("--config", config, "--json")
    added = corridor("http", "token", "add", "office", "--role", "reader", "--role", "submitter",
                     "--lane", "urgent", "--partner", "TR", *place)  # fmt: skip
    assert added.returncode == 0, added.stdout
    token = json.loads(added.stdout)["token"]
    assert token.startswith("crd_")
    (shown,) = json.loads(corridor("http", "token", "list", *place).stdout)
    assert (shown["roles"], shown["lanes"]) == (["reader", "submitter"], ["urgent"])
    assert token not in json.dumps(shown)
    again = corridor("http", "token", "add", "office", "--role", "reader", *place)
    assert again.returncode == 1
    assert "taken" in again.stdout
    wrong = corridor("http", "token", "add", "x", "--role", "reader", "--certificate",
                     config, *place)  # fmt: skip
    assert wrong.returncode == 1
    assert "not one certificate" in wrong.stdout
    text = corridor("http", "token", "list", "--config", config).stdout
    assert "office" in text
    assert "urgent" in text
    assert corridor("http", "token", "revoke", "office", *place).returncode == 0
    assert json.loads(corridor("http", "token", "list", *place).stdout) == []
    missing = corridor("http", "token", "revoke", "office", *place)
    assert (missing.returncode, "nobody" in missing.stdout) == (1, True)


def test_the_document_is_printed() -> None:
    told = json.loads(corridor("http", "openapi").stdout)
    assert told["openapi"].startswith("3.1")
    names = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert len(set(names)) == len(names)
    assert "HTTPValidationError" not in told["components"]["schemas"]


def test_a_node_without_http_loads_none_of_it() -> None:
    import subprocess  # noqa: PLC0415 - of this test alone
    import sys  # noqa: PLC0415

    script = (
        "import sys; sys.path[:0] = sys.argv[1:];"
        "import corridor.cli.run, corridor.daemon.node, corridor.gateway.local_server;"
        "print(sorted({'fastapi', 'uvicorn', 'starlette'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script, *sys.path], capture_output=True,
                         text=True, check=True)  # fmt: skip
    assert run.stdout == "[]\n"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 30)), max_size=60))
def test_nobody_gets_more_than_the_rate_allows(steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    rates = Rates(5.0, 10, clock)
    taken = 0
    for passed, cost in steps:
        clock.now += passed
        wait_s = rates.wait_s("one", cost)
        assert wait_s >= 0
        if wait_s == 0:
            assert taken <= 10 + clock.now * 5.0 + 1e-6
            taken += cost
        else:
            # Whoever waits as long as told gets it, unless somebody else is faster.
            clock.now += wait_s + 1e-9
            assert rates.wait_s("one", cost) == 0
            taken += cost
    assert rates.wait_s("another", 10) == 0
