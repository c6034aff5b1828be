"""What partners accept is kept as they said it last."""

import contextlib
from pathlib import Path

from builders_store import GE, KEY, NOW_MS, TR
from corridor.errors import StoreMisused
from corridor.store.acceptances import HeldAcceptance
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore

FIRST = HeldAcceptance(GE, b"first", b"d" * 32, NOW_MS, NOW_MS + 1, NOW_MS + 1)
LATER = HeldAcceptance(GE, b"later", b"e" * 32, NOW_MS + 5, NOW_MS + 6, NOW_MS + 6)
OTHER = HeldAcceptance(TR, b"other", b"f" * 32, NOW_MS, NOW_MS, NOW_MS)


def test_a_partner_that_never_said_anything_has_none(store: Store) -> None:
    with store.reading() as view:
        assert view.acceptance(GE) is None
        assert list(view.acceptances()) == []
        assert not view.knows_accepts(GE)


def test_what_was_said_last_is_kept_of_each_partner(store: Store) -> None:
    with store.transaction() as change:
        for one in (OTHER, FIRST, LATER):
            change.keep_acceptance(one)
        assert change.acceptance(GE) == LATER
    with store.reading() as view:
        assert list(view.acceptances()) == [LATER, OTHER]
        assert view.knows_accepts(GE)
    assert GE in store.peers()


def test_a_partner_that_knows_the_record_need_say_nothing(store: Store) -> None:
    with store.transaction() as change:
        change.keep_knows_accepts(GE, knows=True)
        assert change.knows_accepts(GE)
        assert change.acceptance(GE) is None
        change.keep_knows_accepts(GE, knows=False)
        change.keep_acceptance(FIRST)
        assert not change.knows_accepts(GE)  # an older node runs there now
    with store.reading() as view:
        assert list(view.acceptances()) == [FIRST]


def test_what_is_said_again_is_of_the_later_time(store: Store) -> None:
    with store.transaction() as change:
        change.acceptance_said(GE, NOW_MS)  # nothing was said before: nothing is noted
        assert change.acceptance(GE) is None
        change.keep_acceptance(FIRST)
        change.acceptance_said(GE, NOW_MS + 9)
        change.acceptance_said(GE, NOW_MS + 4)  # a clock that was put back
        assert change.acceptance(GE) == FIRST._replace(said_ms=NOW_MS + 9)


def test_what_was_said_outlives_a_restart(tmp_path: Path) -> None:
    with SqliteStore.open(tmp_path / "store.db", KEY) as store, store.transaction() as change:
        change.keep_acceptance(FIRST)
    with SqliteStore.open(tmp_path / "store.db", KEY) as store, store.reading() as view:
        assert list(view.acceptances()) == [FIRST]


def test_a_transaction_that_fails_leaves_what_was_said(store: Store) -> None:
    with store.transaction() as change:
        change.keep_acceptance(FIRST)
    with contextlib.suppress(StoreMisused), store.transaction() as change:
        change.keep_acceptance(LATER)
        raise StoreMisused("stopped half-way")
    with store.reading() as view:
        assert view.acceptance(GE) == FIRST
