"""Many accounts as one table: what the mapper carries of each message, and what it does not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from corridor.standards.accounting import Account, Fate
from corridor.standards.tree import plain_path


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the leaves of all documents of one message."""

    message: str
    documents: int
    mapped: int
    narrowed: int
    residual: int
    dropped: int

    @property
    def leaves(self) -> int:
        """All of them."""
        return self.mapped + self.narrowed + self.residual + self.dropped

    @property
    def carried(self) -> float:
        """Share that the record itself carries; 1 where there is no leaf."""
        return (self.mapped + self.narrowed) / self.leaves if self.leaves else 1.0

    def as_json(self) -> dict[str, str | int | float]:
        """Return the figures for `--json`."""
        return {
            "message": self.message,
            "documents": self.documents,
            "leaves": self.leaves,
            "mapped": self.mapped,
            "narrowed": self.narrowed,
            "residual": self.residual,
            "dropped": self.dropped,
            "carried": round(self.carried, 4),
        }


def summarise(accounts: Iterable[tuple[str, Account]]) -> tuple[Summary, ...]:
    """Add up accounts by message, in the order of their names.

    Args:
        accounts: Name of the message and account of each document.
    """
    documents: Counter[str] = Counter()
    fates: Counter[tuple[str, Fate]] = Counter()
    for message, account in accounts:
        documents[message] += 1
        fates.update((message, leaf.fate) for leaf in account.leaves)
    return tuple(
        Summary(message, documents[message], *(fates[message, fate] for fate in Fate))
        for message in sorted(documents)
    )


def not_mapped(accounts: Iterable[tuple[str, Account]]) -> tuple[tuple[str, Fate, int], ...]:
    """List the places whose leaves are not MAPPED, with their fate, the most frequent first."""
    places = Counter(
        (plain_path(leaf.path), leaf.fate)
        for _, account in accounts
        for leaf in account.leaves
        if leaf.fate is not Fate.MAPPED
    )
    return tuple((path, fate, count) for (path, fate), count in places.most_common())
