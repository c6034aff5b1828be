"""One line for each file that is here or on its way."""

from typing import Any, Final

from corridor.exchange.values import Verdict
from corridor.seal.chunks import chunk_count
from corridor.store.values import LedgerLine
from corridor.transit.parties import Endpoint
from corridor.wire.attachments import Manifest

_STATES: Final = {
    Verdict.ACCEPTED: "whole",
    Verdict.REFUSED: "refused",
    Verdict.PARKED: "fetching",
    Verdict.DEFERRED: "waiting",
}
"""What a partner's verdict on the manifest says of the file."""


def line_of_theirs(
    peer: Endpoint, record_id: bytes, manifest: Manifest, here: int | None, *, whole: bool
) -> dict[str, Any]:
    """Return the line of a file of a partner; `here` of its chunks are here, None for all."""
    count = chunk_count(manifest.size)
    return {
        "direction": "in",
        **_about(peer, record_id, manifest),
        "state": "whole" if whole else "fetching",
        "reason": None,
        "chunks_here": count if here is None else here,
    }


def line_of_ours(
    peer: Endpoint, record_id: bytes, manifest: Manifest, line: LedgerLine
) -> dict[str, Any]:
    """Return the line of a file of ours for one partner, by what its receipt says."""
    state = "waiting" if line.verdict is None else _STATES[line.verdict]
    return {
        "direction": "out",
        **_about(peer, record_id, manifest),
        "state": state,
        "reason": line.reason.label if line.reason and state == "refused" else None,
        "chunks_here": chunk_count(manifest.size),
    }


def _about(peer: Endpoint, record_id: bytes, manifest: Manifest) -> dict[str, Any]:
    return {
        "peer": peer,
        "record_id": record_id.hex(),
        "of_record": manifest.of_record.hex() if manifest.of_record else None,
        "movement": manifest.movement or None,
        "name": manifest.name,
        "media_type": manifest.media_type,
        "size": manifest.size,
        "sha256": manifest.sha256.hex(),
        "chunks": chunk_count(manifest.size),
    }
