"""Entries at rest: what is kept together is sealed together.

Rules:

* entries that arrive in one step are sealed under the storage key as one value of about 64 KiB:
  a tenth of the cost of sealing and writing each, and one decryption reads them all back;
* a row names its bundle, and where in the plaintext its entry starts and ends;
* a bundle opens only as the one it is: its number is part of what the seal covers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from corridor.store.sqlite_session import Session

TARGET_BYTES: Final = 64 * 1024  # a larger one saves nothing more and costs reading one record
RECENT_BYTES: Final = 8 * 2**20  # a second of the highest load
_CONTEXT: Final = b"bundle"
_PUT: Final = "INSERT INTO bundles (row, sealed) VALUES (?, ?)"
_REPLACE: Final = "UPDATE bundles SET sealed = ? WHERE row = ?"
_REMOVE: Final = "DELETE FROM bundles WHERE row = ?"
_GET: Final = "SELECT sealed FROM bundles WHERE row = ?"


Place = tuple[int, int, int]
"""Where an entry stands: bundle, start, size."""


class RecentBundles:
    """Plaintexts of the bundles that were kept last, for whoever reads them at once.

    What is accepted is mostly sealed within milliseconds, and what arrives is taken: neither needs
    a look into the file. Safe to share between threads: each step is one call of a dict.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.get = (bundles := dict[int, bytes]()).get
        self._bundles = bundles
        self._size = 0

    def add(self, bundles: Mapping[int, bytes]) -> None:
        """Remember what was committed; the oldest give way. Called in the writer's turn."""
        self._bundles.update(bundles)
        self._size += sum(map(len, bundles.values()))
        while self._size > RECENT_BYTES:
            self._size -= len(self._bundles.pop(next(iter(self._bundles))))

    def forget(self, bundles: Iterable[int]) -> None:
        """Forget bundles that were written anew or removed. Called in the writer's turn."""
        for bundle in bundles:
            self._size -= len(self._bundles.pop(bundle, b""))


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
    plain = {bundle: b"".join(parts) for bundle, parts in together.items()}
    session.executemany(
        _PUT,
        [(bundle, sealed(text, _CONTEXT + bundle.to_bytes(8))) for bundle, text in plain.items()],
    )
    session.new_bundles.update(plain)


def get(session: Session, places: Iterable[Place]) -> list[bytes]:
    """Return the entries at some places, b"" for what was erased; each bundle is opened once."""
    opened: dict[int, bytes] = {}
    entries = []
    for bundle, start, size in places:
        if not size:  # its bundle may have gone with it
            entries.append(b"")
            continue
        plain = opened.get(bundle)
        if plain is None and bundle not in session.gone_bundles:
            plain = session.recent_bundle(bundle)
        if plain is None:
            sealed = session.execute(_GET, (bundle,)).get
            plain = session.key.open_value(sealed, _CONTEXT + bundle.to_bytes(8))
        opened[bundle] = plain
        entries.append(plain[start : start + size])
    return entries


def replace(session: Session, bundle: int, entries: Sequence[bytes]) -> None:
    """Write a bundle anew with the entries that stay in it."""
    sealed = session.key.seal_value(b"".join(entries), _CONTEXT + bundle.to_bytes(8))
    session.execute(_REPLACE, (sealed, bundle))
    session.gone_bundles.add(bundle)


def remove(session: Session, bundle: int) -> None:
    """Remove a bundle whose entries are all erased."""
    session.execute(_REMOVE, (bundle,))
    session.gone_bundles.add(bundle)
