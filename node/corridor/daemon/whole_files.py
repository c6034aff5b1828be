"""A manifest that comes again after its file was accepted is accepted again (PROTOCOL §13.4).

Rules:

* without this its sender, who sealed it anew for want of a receipt, would wait for a file that is
  here: what is parked is judged once.
"""

from dataclasses import replace

from corridor.errors import Reason
from corridor.exchange.content import JudgedRecord
from corridor.exchange.receive import Judged
from corridor.store.port import Transaction


def with_whole_files(change: Transaction, judged: Judged) -> Judged:
    """Return the envelope with the manifests accepted whose files are here whole."""
    if not any(_waits(one) for one in judged.records):
        return judged
    records = tuple(
        one._replace(parked=False, reason=None)
        if _waits(one) and change.is_accepted(judged.peer, one.record_id)
        else one
        for one in judged.records
    )
    return replace(judged, records=records)


def _waits(one: JudgedRecord) -> bool:
    return one.parked and one.reason is Reason.ATTACHMENT_INCOMPLETE
