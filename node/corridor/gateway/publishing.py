"""Says to partners what the national system of this node accepts, whenever that has changed.

Rules (PROTOCOL §6.10):

* what is said is what the configuration says, with the code lists that lie in its folder now: an
  import is told within a minute, without a restart;
* it is signed anew each day, so that partners see that it still stands;
* a list that is damaged keeps what was said before: partners are not told half of it;
* a node that has nothing to say says so once, and is silent from then on.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from corridor.daemon.acceptances import Acceptances
from corridor.daemon.clock import unix_ms
from corridor.daemon.config_standards import StandardsSection
from corridor.daemon.logs import event_logger
from corridor.errors import ConfigurationError, CorridorError, Refused
from corridor.gateway.acceptances import accepted_list, make_acceptance
from corridor.gateway.list_watch import ListWatch
from corridor.gateway.optional import part
from corridor.seal.keys import SigningKey
from corridor.standards.acceptance import Acceptance, AcceptedList
from corridor.standards.judging import Rules
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import AcceptanceStatement, next_issue_ms, read_acceptance
from corridor.wire import limits
from corridor.wire.acceptances import Acceptance as Message
from corridor.wire.batches import ATTACHMENT, FIRST_BUSINESS
from corridor.wire.statements import encode_statement

LOOK_S: Final = 10.0
"""Twice that, and what was imported is told: a person who imports may wait for it."""
_STOP_S: Final = 3.0
_RECORD_TYPES: Final = frozenset(range(FIRST_BUSINESS, ATTACHMENT + 1))


def accepted_standards(section: StandardsSection) -> tuple[str, ...]:
    """Return the standards that a node says it reads, by their names; none where it says nothing.

    Raises:
        ConfigurationError: One is not known here.
    """
    named = section.accepts or ((section.deliver,) if section.deliver else ())
    try:
        found = [part("standards").standard_named(name).name for name in named]
    except Refused as refused:
        raise ConfigurationError(
            f"standards.accepts: {refused.detail}", cure="name those that partners' nodes know"
        ) from None
    return tuple(dict.fromkeys(found))


class Accepted:
    """What the configuration says, with the code lists that lie in its folder now."""

    def __init__(self, me: Endpoint, section: StandardsSection, lists: ListWatch) -> None:
        """Say it for `me`, by the folder that `lists` watches.

        Raises:
            ConfigurationError: A standard is not known here.
        """
        self.lists = lists
        self.standards = accepted_standards(section)
        """What is read; none where nothing is to be said."""
        self._me = me
        self._rules = Rules(section.rules)
        self._unread = False
        self._read: dict[Path, tuple[int, AcceptedList]] = {}

    def look(self, *, at_once: bool) -> None:
        """Look into the folder.

        Raises:
            ConfigurationError: A list in it cannot be read; what was known is known still.
        """
        self._unread |= self.lists.look(at_once=at_once)
        if self.lists.trouble:
            raise ConfigurationError(self.lists.trouble)
        if self._unread and self.standards:
            self._read = self._read_lists()
            self._unread = False

    def at(self, issued_ms: int) -> Acceptance:
        """Return what is said at a time."""
        rules = self._rules
        return Acceptance(
            self._me, issued_ms, dict.fromkeys(self.standards, frozenset[str]()), rules,
            {path.name.partition(".")[0]: one for path, (_, one) in self._read.items()},
            part("foresee").RULE_SET if rules is not Rules.OFF else "", _RECORD_TYPES,
        )  # fmt: skip

    def _read_lists(self) -> dict[Path, tuple[int, AcceptedList]]:
        """Read the newest lists of the folder; those that were read before are not read again."""
        lists, found = self.lists.lists, {}
        if lists is None:
            return {}
        for path in lists.newest_files():
            stamp = path.stat().st_mtime_ns
            kept = self._read.get(path)
            known = kept is not None and kept[0] == stamp
            found[path] = kept if kept and known else (stamp, accepted_list(lists.read(path)))
        return found


class Publishing:
    """Says what is accepted, from `start` to `stop`; a thread of its own."""

    def __init__(
        self,
        accepted: Accepted,
        acceptances: Acceptances,
        key: Callable[[], SigningKey],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """Say what is `accepted`, signed with `key`; `after` is called after each look."""
        self._accepted = accepted
        self._acceptances = acceptances
        self._key = key
        self._after = after
        self._trouble = ""
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="accepts", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def reload(self) -> None:
        """Look now: the folder may hold other lists, and another key may sign."""
        self.turn(at_once=True)

    def attention(self) -> list[str]:
        """Return what needs a person, one line; any thread."""
        return [f"partners are not told what is accepted: {self._trouble}"] if self._trouble else []

    def turn(self, *, at_once: bool = False) -> bool:
        """Look once, and say what is new; returns whether something was said."""
        said, trouble = False, ""
        with self._turn:
            try:
                self._accepted.look(at_once=at_once)
                said = self._say()
                self._after()
            except CorridorError as error:
                trouble = error.message
            except Refused as refused:
                trouble = str(refused)
        if trouble and trouble != self._trouble:
            event_logger().error("acceptance.failed", cause=trouble)
        self._trouble = trouble
        return said

    def _say(self) -> bool:
        raw, now_ms = self._acceptances.own(), unix_ms()
        held = _held(raw)
        if not self._accepted.standards:
            if raw:
                self._acceptances.say(b"")
                event_logger().info("acceptance.ended")
            return bool(raw)
        due = self._accepted.at(next_issue_ms(now_ms, held.issued_ms if held else 0))
        made = make_acceptance(due, self._key())
        if held is not None and _stands(held, made, now_ms):
            return False
        if len(made) > limits.MAX_ACCEPTS_BYTES:
            raise ConfigurationError(
                f"it has {len(made)} bytes, and {limits.MAX_ACCEPTS_BYTES} travel",
                cure="take code lists out of the folder that no message is compared with",
            )
        self._acceptances.say(made)
        event_logger().info("acceptance.said", count=len(due.lists), state=due.rules.value)
        return True

    def _run(self) -> None:
        at_once = True
        while not self._ended.is_set():
            self.turn(at_once=at_once)
            at_once = False
            self._ended.wait(LOOK_S)


def _held(raw: bytes) -> AcceptanceStatement | None:
    try:
        return read_acceptance(raw) if raw else None
    except Refused:  # of a version that this one does not read: it is said anew
        return None


def _stands(held: AcceptanceStatement, made: bytes, now_ms: int) -> bool:
    """Whether what was said last says the same, by the same key, and is of today."""
    fresh = read_acceptance(made)
    same = _content(held.message) == _content(fresh.message) and held.key_id == fresh.key_id
    return same and -limits.MAX_FUTURE_SKEW_MS <= now_ms - held.issued_ms < limits.DAY_MS


def _content(message: Message) -> bytes:
    bare = Message()
    bare.CopyFrom(message)
    bare.ClearField("issued_ms")
    return encode_statement(bare)
