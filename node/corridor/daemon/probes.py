"""Canaries: probes of the whole way to a partner and back (PROTOCOL §6.7).

Rules:

* a canary passes under any agreement between the two, and is sealed, counted and receipted like a
  business record; what it proves, it proves of the way that business records take;
* no national system is handed one, nor what became of it: the ledger tells.
"""

import os
from typing import Final

from corridor.daemon.intake import refuse_recipient
from corridor.daemon.offers import Answer
from corridor.errors import Reason, Refused
from corridor.exchange.lanes import default_lane
from corridor.exchange.values import Submission
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import Endpoint
from corridor.trust.view import TrustView
from corridor.wire.batches import CANARY, SCHEMA_ID, Entry, encode_entry
from corridor.wire.control import Canary, encode_control

_ID_RANDOM_BYTES: Final = 10


def make_probe(
    recipient: str, me: Endpoint, trust: TrustView, now_ms: int, *, has_room: bool
) -> Submission | Answer:
    """Return the canary to keep, or why there is none."""
    record_id = uuid7(now_ms, os.urandom(_ID_RANDOM_BYTES))
    if not has_room:
        why = "free disk space is below the configured floor"
        return Answer("refused", record_id, Reason.STORE_FULL, (why,))
    partners = trust.partners(me, now_ms)
    known: dict[str, Endpoint] = {
        name: partner for partner in partners for name in (partner, partner.country)
    }
    try:
        peer = known.get(recipient) or refuse_recipient(recipient, trust, partners)
    except Refused as refused:
        return Answer("refused", record_id, refused.reason, (refused.detail,))
    body = encode_control(Canary(now_ms))
    entry = encode_entry(Entry(record_id, CANARY, SCHEMA_ID, None, body))
    return Submission(peer, record_id, CANARY, default_lane(CANARY), entry, ())
