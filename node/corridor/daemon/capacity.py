"""What disk a node needs: today's growth, and a partner that is down for a week.

Rules:

* a partner that is down costs disk and nothing else: what is for it waits in the outbox;
* figures are measured on this node's own traffic; without any, an assumption is said to be one;
* what less than a day of it gives is said to be extrapolated: traffic has its hours.
"""

from collections.abc import Iterable
from typing import Any, Final

from corridor.store.capacity import ROW_BYTES, TERMS_BYTES, Flow, Measured
from corridor.transit.parties import Endpoint

ASSUMED: Final = Flow(per_day=10_000, entry_bytes=1_300)
"""Of a partner with whom nothing was exchanged yet: a busy crossing, a declaration's mean size."""
_WEEK: Final = 7
_FRAME_SHARE: Final = 1.15
"""Sealed bytes of a record for each byte of its entry: padding, header, one of many."""
_DAY_MS: Final = 86_400_000


def waiting_bytes(flow: Flow) -> float:
    """Return what one waiting record takes on disk."""
    return flow.entry_bytes + ROW_BYTES + TERMS_BYTES


def capacity(measured: Measured, partners: Iterable[Endpoint], free_bytes: int) -> dict[str, Any]:
    """Return the keys of `corridor status --capacity --json`."""
    short = 0 < measured.span_ms < _DAY_MS
    lines = [_partner(peer, measured.sent.get(peer), short=short) for peer in partners]
    flows = [*measured.sent.values(), *measured.received.values()]
    growth = sum(flow.per_day * waiting_bytes(flow) for flow in flows)
    frames = sum(flow.per_day * flow.entry_bytes * _FRAME_SHARE for flow in measured.sent.values())
    usable = free_bytes + measured.free_bytes
    return {
        "store_bytes": measured.file_bytes,
        "reusable_bytes": measured.free_bytes,
        "disk_free_bytes": free_bytes,
        "records": measured.records,
        "measured_days": round(measured.span_ms / _DAY_MS, 3),
        "extrapolated": short,
        "growth_bytes_per_day": round(growth + frames),
        "sealed_bytes_per_day": round(frames),
        "days_until_full": round(usable / (growth + frames), 1) if growth else None,
        "partners": lines,
        "week_down_all_bytes": sum(line["week_down_bytes"] for line in lines),
    }


def _partner(peer: Endpoint, flow: Flow | None, *, short: bool) -> dict[str, Any]:
    used = flow or ASSUMED
    basis = "extrapolated" if short else "measured"
    return {
        "endpoint": peer,
        "assumed": flow is None,
        "basis": basis if flow else "assumed",
        "records_per_day": round(used.per_day),
        "bytes_per_record": round(waiting_bytes(used)),
        "week_down_bytes": round(_WEEK * used.per_day * waiting_bytes(used)),
    }
