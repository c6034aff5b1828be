"""Judges records again whose type an older version did not know (PROTOCOL §11).

Rules:

* once at each start, before anything arrives: what a version knows does not change while it runs;
* who may send the type was judged when the record came, by the agreement then in force;
* what waits for a file is judged when that is whole (`chunk_fetching`).
"""

from collections.abc import Callable
from typing import Final

from corridor.daemon.logs import event_logger
from corridor.errors import Refused
from corridor.exchange.parts import Examiner, examine_records
from corridor.store.parking_port import JudgedAgain, ParkedRecord
from corridor.store.port import Store, Transaction
from corridor.wire.batches import decode_entry, is_business, is_of_later_version

_AT_ONCE: Final = 256


def judge_parked(
    store: Store,
    examine: Examiner = examine_records,
    knows: Callable[[int], bool] = is_business,
) -> int:
    """Give each parked record whose type is known now its verdict; returns how many."""
    after, count = 0, 0
    with store.reading() as view:
        last = view.last_cursors()[0]
    while True:
        with store.transaction() as change:
            found = [one for one in change.parked(after, _AT_ONCE) if one.cursor <= last]
            for one in found:
                if knows(one.record_type) and (judged := _judged(one, examine)) is not None:
                    change.judge_parked(one, judged)
                    count += 1
        if not found:
            if count:
                event_logger().info("parked.judged", count=count)
            return count
        after = found[-1].cursor


def _judged(record: ParkedRecord, examine: Examiner) -> JudgedAgain | None:
    """Return the verdict; None where it waits for its file."""
    try:
        (found,) = examine([decode_entry(record.entry)], record.peer.country)
    except Refused as refused:
        return JudgedAgain(refused.reason)
    if found.faults:
        return JudgedAgain(found.reason, found.faults)
    if found.has_file:
        return None
    return JudgedAgain(terms=found.terms)


def lines_of_parked(view: Transaction) -> list[str]:
    """Return what waits for a later version, one line for each partner and type."""
    return [
        f"{one.records} records of {one.peer} wait for a newer version of Corridor:"
        f" type {one.record_type}"
        for one in view.count_parked()
        if is_of_later_version(one.record_type)
    ]
