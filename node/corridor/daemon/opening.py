"""Opens the store of a node, and holds what is loaded to what was held before.

Rules:

* a store that is gone is missed: none is made where there was one (`store_mark`);
* where less is loaded than was held, the store is closed again and the node does not start;
* what is new since the last start is noted, and returned for partners to be told.
"""

from typing import NamedTuple

from corridor.daemon.clock import unix_ms
from corridor.daemon.config import NodeConfig
from corridor.daemon.restored import declare_restored
from corridor.daemon.store_mark import StoreMark
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.daemon.trust_record import TrustRecord
from corridor.store.sqlite import SqliteStore
from corridor.trust.frames import encode_statement_frame


class Opened(NamedTuple):
    """A store that fits what was loaded; `news` are frames that partners are to get."""

    store: SqliteStore
    record: TrustRecord
    news: list[bytes]


def open_store(config: NodeConfig, trust: TrustKeeper, *, lost: bool) -> Opened:
    """Open the store of a node.

    Args:
        config: Where it is.
        trust: What was loaded; from now on it refuses less than was held.
        lost: Whether an operator declares that the store is gone for good.

    Raises:
        CorridorError: It is gone, does not open, or held more than was loaded.
    """
    mark = StoreMark(config.trust.directory, config.store.path)
    forgot = mark.require(unix_ms(), lost=lost)
    store = SqliteStore.open(config.store.path, trust.storage_key)
    record = TrustRecord(store)
    try:
        if forgot:
            with store.transaction() as change:
                declare_restored(change, unix_ms())
        mark.note(unix_ms())
        record.check(trust.current())
        record.note_config(config, unix_ms())
        news = note(record, trust)
    except BaseException:
        store.close()
        raise
    trust.refuse_by(record.check)
    return Opened(store, record, news)


def note(record: TrustRecord, trust: TrustKeeper) -> list[bytes]:
    """Note what was adopted or destroyed; returns frames to be handed on. Any thread."""
    news = record.note(trust.current(), trust.identity().decryption_keys, unix_ms())
    return [encode_statement_frame(one.to_bytes()) for one in news]
