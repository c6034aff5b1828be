"""Entries at rest: what is kept together is sealed together.

Rules:

* entries that arrive in one step are sealed under the storage key as one value of about 64 KiB:
  a tenth of the cost of sealing and writing each, and one decryption reads them all back;
* a row names its bundle, and where in the plaintext its entry starts and ends;
* a bundle opens only as the one it is: its number is part of what the seal covers.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from corridor.store.sqlite_session import Session

TARGET_BYTES: Final = 64 * 1024  # a larger one saves nothing more and costs reading one record
_CONTEXT: Final = b"bundle"
_PUT: Final = "INSERT INTO bundles (row, sealed) VALUES (?, ?)"
_GET: Final = "SELECT sealed FROM bundles WHERE row = ?"


Place = tuple[int, int, int]
"""Where an entry stands: bundle, start, size."""


def plan(session: Session, entries: Iterable[bytes]) -> list[Place]:
    """Give each entry a place; `put` follows once it is known that they are kept."""
    places: list[Place] = []
    bundle = start = 0
    for entry in entries:
        size = len(entry)
        if not bundle or (start and start + size > TARGET_BYTES):
            bundle, start = session.take_numbers("bundles", 1), 0
        places.append((bundle, start, size))
        start += size
    return places


def put(session: Session, places: Sequence[Place], entries: Sequence[bytes]) -> None:
    """Keep entries at the places that `plan` gave them."""
    together: dict[int, list[bytes]] = {}
    for (bundle, _, _), entry in zip(places, entries, strict=True):
        together.setdefault(bundle, []).append(entry)
    sealed = session.key.seal_value
    session.executemany(
        _PUT,
        [
            (bundle, sealed(b"".join(parts), _CONTEXT + bundle.to_bytes(8)))
            for bundle, parts in together.items()
        ],
    )


def get(session: Session, places: Iterable[Place]) -> list[bytes]:
    """Return the entries at some places; each bundle is opened once."""
    opened: dict[int, bytes] = {}
    entries = []
    for bundle, start, size in places:
        plain = opened.get(bundle)
        if plain is None:
            sealed = session.execute(_GET, (bundle,)).get
            plain = session.key.open_value(sealed, _CONTEXT + bundle.to_bytes(8))
            opened[bundle] = plain
        entries.append(plain[start : start + size])
    return entries
