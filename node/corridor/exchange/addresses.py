"""Names at the broker: what a country's exchanges, queues, users and cluster are called.

Rules:

* a country code is parsed before it becomes part of a name (`CountryCode.parse`), since names
  reappear in permission patterns;
* `to.XX` is where we publish for XX, `from.XX` where federation republishes what XX sent,
  `inbox.XX` the queue we read; the broker gives nobody else write access to `from.XX`, so the
  exchange a delivery came through proves the link it came over;
* the name of a federation queue holds the cluster name of the country that reads it, therefore
  both are fixed here and nowhere else.

Example:
    >>> federation_queue(CountryCode("TR"), CountryCode("GE"))
    'federation: to.GE -> corridor.GE:from.TR'
"""

from typing import Final

from corridor.transit.parties import CountryCode

VIRTUAL_HOST: Final = "corridor"
NODE_USER: Final = "corridor-node"
WATCH_USER: Final = "corridor-watch"
OPERATOR_USER: Final = "corridor-operator"

UNROUTED: Final = "corridor.unrouted"  # exchange and queue: arrived over a link, had no inbox
DEAD_LETTERS: Final = "corridor.dlq"  # queue: given up by an inbox
DEAD_LETTER_EXCHANGE: Final = "corridor.dlx"
ALARM_QUEUES: Final = (DEAD_LETTERS, UNROUTED)  # both must stay empty

_TO: Final = "to."
_FROM: Final = "from."
_INBOX: Final = "inbox."
FEDERATION_PREFIX: Final = "federation: "  # given by RabbitMQ, not by us


def to_exchange(partner: CountryCode) -> str:
    """Name the exchange to which envelopes for `partner` are published."""
    return _TO + partner


def from_exchange(partner: CountryCode) -> str:
    """Name the federated exchange into which `partner`'s envelopes arrive."""
    return _FROM + partner


def inbox_queue(partner: CountryCode) -> str:
    """Name the queue that holds `partner`'s envelopes until they are recorded."""
    return _INBOX + partner


def cluster_name(country: CountryCode) -> str:
    """Name the broker (or cluster) of `country`; part of its partners' permissions."""
    return "corridor." + country


def federation_user(partner: CountryCode) -> str:
    """Name the user as which `partner`'s broker logs in here; also its certificate's CN."""
    return "fed-" + partner.lower()


def federation_queue(sender: CountryCode, reader: CountryCode) -> str:
    """Name the queue at `sender`'s broker from which `reader`'s broker takes its envelopes."""
    source = to_exchange(reader)
    return f"{FEDERATION_PREFIX}{source} -> {cluster_name(reader)}:{from_exchange(sender)}"


def link_of_inbox(queue: str) -> CountryCode | None:
    """Return the partner whose envelopes wait in a queue, or None for any other queue."""
    return _country(queue, _INBOX)


def link_of_exchange(exchange: str) -> CountryCode | None:
    """Return the partner whose link delivers into `exchange`, or None for any other exchange."""
    return _country(exchange, _FROM)


def _country(name: str, prefix: str) -> CountryCode | None:
    if not name.startswith(prefix):
        return None
    try:
        return CountryCode.parse(name.removeprefix(prefix))
    except ValueError:
        return None
