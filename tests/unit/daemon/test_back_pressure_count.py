"""What waits for the national system is counted rightly where cursors have jumped."""

from pathlib import Path

from builders_store import KEY, incoming, received
from corridor.daemon.back_pressure import BackPressure
from corridor.daemon.config_sections import StoreSection
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.restored import declare_restored
from corridor.store.sqlite import SqliteStore

NOW_MS = 1_700_000_000_000


def test_a_restore_that_moves_cursors_far_ahead_stops_no_inlet(tmp_path: Path) -> None:
    held: list[bool] = []
    path = tmp_path / "store.db"
    settings = StoreSection(path=path, free_space_min_mib=16, inbox_most_records=10)
    with SqliteStore.open(path, KEY) as store:
        with store.transaction() as change:
            declare_restored(change, NOW_MS)
            for number in range(1, 5):
                change.keep_received(received(number, incoming(0, number)))
        with store.reading() as view:
            last = view.last_cursors()[0]
        assert last > 1_000_000
        pressure = BackPressure(settings, store, NodeMetrics(), held.append, lambda: NOW_MS)
        assert (pressure.waiting, pressure.rows(), held) == (4, [], [])
        with store.transaction() as change:
            change.keep_received(received(5, incoming(0, 5)))
        pressure.measure()  # not counted again so soon: taken from the cursors since
        assert (pressure.waiting, held) == (5, [])
        with store.transaction() as change:
            for number in range(6, 12):
                change.keep_received(received(number, incoming(0, number)))
        pressure.measure()
        assert (pressure.waiting, held) == (11, [True])
        with store.transaction() as change:
            change.acknowledge(last + 7, NOW_MS)
        pressure.measure()
        assert (pressure.waiting, held) == (0, [True, False])
