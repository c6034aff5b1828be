"""What is in flight: published and unconfirmed, delivered and unacknowledged; and when to return.

Rules:

* pure book-keeping: no clock, no socket; RabbitMQ's numbers per channel begin at 1;
* `multiple` means "this one and every earlier one still open";
* a message that was returned is confirmed by RabbitMQ afterwards all the same; here it ends as
  returned and never as confirmed.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from corridor.trust.frames import is_statement_frame
from corridor.wire import limits

_FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 30.0
_MOST_STATEMENT_BYTES: Final = limits.DIRECTORY_MAX_BYTES + 8
_DOUBLINGS: Final = 6  # 0.5 s doubled six times is beyond the longest


def reconnect_delay(attempt: int, draw: float, longest_s: float = LONGEST_DELAY_S) -> float:
    """Return the seconds to wait before connecting again.

    Args:
        attempt: Failed attempts since the connection last worked; 0 right after a loss.
        draw: A random number in 0..1; it spreads the nodes and links of a restarted broker.
        longest_s: The most that is ever waited.
    """
    ceiling = min(longest_s, _FIRST_DELAY_S * (1 << min(attempt, _DOUBLINGS)))
    return ceiling * (0.5 + draw / 2)


def prefetch(links: int, most_per_link: int, unacked_bytes: int) -> int:
    """Return how many messages of each link may be unacknowledged; at least one.

    AMQP counts messages and RabbitMQ knows no prefetch in bytes: so that `unacked_bytes` hold
    whatever comes, each counts as the largest envelope.
    """
    share = unacked_bytes // limits.MAX_FRAME_BYTES // max(1, links)
    return max(1, min(most_per_link, share))


def shortened(body: bytes) -> bytes:
    """Return `body`, cut to one byte more than is allowed, so that it is refused all the same.

    A broker takes messages of 16 MiB; an envelope has one and a statement four at most.
    """
    most = _MOST_STATEMENT_BYTES if is_statement_frame(body) else limits.MAX_FRAME_BYTES
    return body if len(body) <= most else body[: most + 1]


@dataclass(frozen=True, slots=True)
class Settled:
    """Tokens that came to their end by one answer of the broker."""

    accepted: tuple[object, ...]  # confirmed, or nacked if the answer was a nack
    returned: tuple[object, ...]
    groups: frozenset[str] = frozenset()
    """Of which messages were accepted."""


class _Message(NamedTuple):
    """A message in flight."""

    token: object
    message_id: str
    size: int
    at_s: float
    group: str


class ConfirmLedger:
    """Messages published on one channel in confirm mode and not yet answered.

    What is overdue is still answered for, and counts no longer: whoever waits for room does not
    wait for a queue that may be dead.
    """

    __slots__ = ("_late", "_next", "_open", "_returned", "_waiting", "bytes")

    def __init__(self) -> None:
        """Start a new channel's count."""
        self._next = 1
        self._open: dict[int, _Message] = {}
        self._late: set[int] = set()
        self._waiting: Counter[str] = Counter()
        self._returned: set[str] = set()
        self.bytes = 0

    def __len__(self) -> int:
        """Count the messages in flight, without those that are overdue."""
        return len(self._open) - len(self._late)

    @property
    def late(self) -> int:
        """How many are overdue."""
        return len(self._late)

    def has_any(self, group: str) -> bool:
        """Tell whether a message of a group is in flight and not overdue."""
        return self._waiting[group] > 0

    def add(self, token: object, message_id: str, size: int, now_s: float, group: str = "") -> None:
        """Enter the message about to be published.

        `now_s` is any steady clock; a `group` is what shares a fate: the messages of one country.
        """
        self._open[self._next] = _Message(token, message_id, size, now_s, group)
        self._next += 1
        self.bytes += size
        self._waiting[group] += 1

    def overdue(self, before_s: float) -> list[object]:
        """Return what was published before a time and is overdue from now on; each once."""
        found: list[object] = []
        for number, message in self._open.items():
            if message.at_s >= before_s:
                break
            if number not in self._late:
                self._late.add(number)
                self._count_out(message)
                found.append(message.token)
        return found

    def _count_out(self, message: "_Message") -> None:
        self.bytes -= message.size
        self._waiting[message.group] -= 1
        if not self._waiting[message.group]:
            del self._waiting[message.group]

    def mark_returned(self, message_id: str) -> None:
        """Note that the broker returned `message_id`; its confirm follows."""
        self._returned.add(message_id)

    def settle(self, number: int, *, multiple: bool) -> Settled:
        """Close message `number`, and every earlier one if `multiple`.

        A number that is not open (answered before) closes nothing.
        """
        if multiple:
            numbers = []
            for candidate in self._open:  # in order of publishing
                if candidate > number:
                    break
                numbers.append(candidate)
        else:
            numbers = [number] if number in self._open else []
        accepted: list[object] = []
        returned: list[object] = []
        groups: set[str] = set()
        for each in numbers:
            message = self._open.pop(each)
            if each in self._late:
                self._late.discard(each)
            else:
                self._count_out(message)
            if message.message_id in self._returned:
                self._returned.discard(message.message_id)
                returned.append(message.token)
            else:
                accepted.append(message.token)
                groups.add(message.group)
        return Settled(tuple(accepted), tuple(returned), frozenset(groups))

    def oldest_s(self) -> float | None:
        """Return the `now_s` of the oldest message in flight that is not overdue."""
        for number, message in self._open.items():
            if number not in self._late:
                return message.at_s
        return None


class TagLedger:
    """Deliveries of one channel that are not yet acknowledged."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        """Start a new channel's count."""
        self._open: dict[int, None] = {}

    def __len__(self) -> int:
        """Count the deliveries not yet acknowledged."""
        return len(self._open)

    def add(self, tag: int) -> None:
        """Enter a delivery; tags come in ascending order."""
        self._open[tag] = None

    def ack(self, tags: Collection[int]) -> list[tuple[int, bool]]:
        """Return the (tag, multiple) acknowledgements that say exactly `tags`.

        Tags that are not open are ignored: acknowledging one twice would close the channel.
        """
        wanted = set(tags)
        prefix: list[int] = []
        for tag in self._open:
            if tag not in wanted:
                break
            prefix.append(tag)
        answers = [(prefix[-1], len(prefix) > 1)] if prefix else []
        rest = sorted((wanted - set(prefix)) & self._open.keys())
        answers += [(tag, False) for tag in rest]
        for tag in (*prefix, *rest):
            del self._open[tag]
        return answers
