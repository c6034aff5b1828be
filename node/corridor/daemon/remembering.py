"""What the receiving side remembers between transactions, so that it need not ask the store."""

from dataclasses import dataclass, field

from corridor.daemon.restored import not_returned
from corridor.exchange.streams import Reception
from corridor.store.port import Transaction
from corridor.store.recovering import Recovery
from corridor.transit.parties import Endpoint


@dataclass(slots=True)
class Memory:
    """What the receiving side remembers between transactions; all of it can be loaded again."""

    streams: dict[Endpoint, dict[int, Reception]] = field(default_factory=dict)
    controls: dict[Endpoint, int] = field(default_factory=dict)
    """Control envelopes since a receipt was last owed for them."""
    heard: set[bytes] = field(default_factory=set)
    """Control envelopes that were acted on and not kept."""
    restored_ms: dict[Endpoint, int] = field(default_factory=dict)
    """What a peer created until then may have been handed on before a restore."""
    recovering: dict[Endpoint, Recovery] | None = None
    """Peers that have not returned all they hold since a restore; None: ask the store."""

    def not_returned(self, change: Transaction) -> dict[Endpoint, Recovery]:
        """Return `recovering`, loaded where it was not."""
        if self.recovering is None:
            self.recovering = not_returned(change)
        return self.recovering
