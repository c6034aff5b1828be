"""Whatever a release wrote, this version still reads: stores, envelopes, statements."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import builders_release as release
import builders_store
import corridor
from corridor.seal.envelope import check_signature
from corridor.seal.frame import parse_frame
from corridor.store.sqlite import SqliteStore

KEPT = sorted(path.parent for path in release.RELEASES.glob("*/store.db"))


def load(folder: Path, name: str) -> Any:  # noqa: ANN401 - it is JSON
    return json.loads((folder / name).read_text())


def by_name(folder: Path) -> str:
    return folder.name


@pytest.mark.parametrize("folder", KEPT, ids=by_name)
def test_a_store_of_that_release_says_the_same_today(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    shutil.copy(folder / "store.db", path)
    path.chmod(0o600)
    with SqliteStore.open(path, builders_store.KEY) as store:
        assert release.describe_store(store) == load(folder, "store.json")


@pytest.mark.parametrize("folder", KEPT, ids=by_name)
def test_a_store_of_that_release_goes_on_where_it_stood(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    shutil.copy(folder / "store.db", path)
    path.chmod(0o600)
    with SqliteStore.open(path, builders_store.KEY) as store:
        with store.transaction() as change:
            again = change.accept(builders_store.submission(1), builders_store.NOW_MS)
            new = change.accept(builders_store.submission(900), builders_store.NOW_MS)
            size, _root = change.log_head()
        assert (again, new) == ("duplicate", "accepted")
        assert size == load(folder, "store.json")["log"][0]


@pytest.mark.parametrize("folder", KEPT, ids=by_name)
def test_an_envelope_of_that_release_opens_today(folder: Path) -> None:
    cases = load(folder, "envelopes.json")
    assert [case["suite"] for case in cases] == list(release.SUITES)
    for case in cases:
        frame = parse_frame(bytes.fromhex(case["frame"]))
        check_signature(frame, bytes.fromhex(case["sender_public"]))
        assert release.open_envelope(case) == (case["envelope_id"], case["records"])


@pytest.mark.parametrize("folder", KEPT, ids=by_name)
def test_the_statements_of_that_release_mean_the_same_today(folder: Path) -> None:
    case = load(folder, "statements.json")
    view = release.read_statements(case)
    assert release.describe_view(view, case["now_ms"]) == case["believed"]


def test_this_release_has_been_kept() -> None:
    folder = release.RELEASES / corridor.__version__
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    missing = {"schema.binpb", "store.db", "store.json", "envelopes.json", "statements.json"}
    assert missing - names == set(), (
        "run `python tests/keep_release.py VERSION` and `python proto/check.py --keep VERSION`"
    )
