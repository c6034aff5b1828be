"""When certificates, and what the administration has lent to the node, end.

Rules:

* files are read at each look: what was renewed is seen without a restart;
* labels come from a closed set: what a certificate is for, and `fed-at-xx` for each partner;
* what cannot be read is 0 there, which is no end: links, broker and `corridor doctor` say why.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from corridor.daemon.config import NodeConfig
from corridor.errors import KeyTrouble
from corridor.seal.x509 import expires_ms
from corridor.transit.parties import CountryCode
from corridor.wire.limits import DAY_MS

SOON_MS: Final = 14 * DAY_MS
"""From here on `corridor status` asks for somebody: two weeks, as `corridor check` warns."""
CERTIFICATE_CURE: Final = "`corridor doctor` says what renews it"
DELEGATION_CURE: Final = "`corridor join --identity` with the identity keys, then SIGHUP"
_MOST_BYTES: Final = 256 * 1024


class Certificate(NamedTuple):
    """One certificate that must be renewed in time."""

    purpose: str
    """ca, server, node, http, or fed-at-xx: our broker's login at partner xx."""
    path: Path
    until_ms: int | None
    """None where the file is not there or cannot be read."""


class Expiries(Collector):
    """What ends, read whenever it is asked for; by any thread."""

    def __init__(
        self,
        config: NodeConfig,
        partners: Callable[[], Iterable[CountryCode]],
        delegated_until_ms: Callable[[], int],
    ) -> None:
        """Look at the files that `config` names, and at those for `partners`."""
        self._config = config
        self._partners = partners
        self.delegated_until_ms = delegated_until_ms

    def certificates(self) -> list[Certificate]:
        """Return every certificate that the node, its broker or its HTTP uses."""
        links, http = self._config.links, self._config.http
        named = {
            "ca": links.ca_file,
            "server": links.server_cert_file,
            "node": self._config.broker.cert_file,
        }
        if http.enabled and http.cert_file is not None:
            named["http"] = http.cert_file
        for country in self._partners():
            name = f"fed-at-{country.lower()}"
            named[name] = links.partner_folder / f"{name}.pem"
        return [Certificate(purpose, path, _until(path)) for purpose, path in named.items()]

    def rows(self) -> list[dict[str, Any]]:
        """Return `certificates` of `corridor status --json`."""
        return [
            {"purpose": one.purpose, "path": str(one.path), "until_ms": one.until_ms}
            for one in self.certificates()
        ]

    def attention(self, now_ms: int) -> list[str]:
        """Return what ends soon, a sentence each that ends with what to do."""
        ends: list[tuple[str, int | None, str]] = [
            (f"certificate {one.path.name} ({one.purpose})", one.until_ms, CERTIFICATE_CURE)
            for one in self.certificates()
        ]
        lent = "the delegation of the node's keys"
        ends.append((lent, self.delegated_until_ms(), DELEGATION_CURE))
        return [
            f"{what} {_in_days(until_ms - now_ms)}; {cure}"
            for what, until_ms, cure in ends
            if until_ms is not None and until_ms - now_ms < SOON_MS
        ]

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        certificates = GaugeMetricFamily(
            "corridor_certificate_expiry_timestamp_seconds",
            "End of a certificate by its purpose; 0 where it cannot be read",
            labels=["purpose"],
        )
        for one in self.certificates():
            certificates.add_metric([one.purpose], (one.until_ms or 0) / 1000)
        delegation = GaugeMetricFamily(
            "corridor_delegation_expiry_timestamp_seconds",
            "Until when the key with which the node signs is lent to it",
        )
        delegation.add_metric([], self.delegated_until_ms() / 1000)
        return certificates, delegation


def _in_days(left_ms: int) -> str:
    return f"ends in {left_ms // DAY_MS} days" if left_ms > 0 else "has ended"


def _until(path: Path) -> int | None:
    try:
        with path.open("rb") as source:
            return expires_ms(source.read(_MOST_BYTES))
    except (OSError, KeyTrouble):
        return None
