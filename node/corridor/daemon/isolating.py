"""What becomes of a frame at which the node itself fails (PROTOCOL §9, `internal`).

Rules:

* a mistake of ours costs the frame that met it and no other: what came with it is judged alone;
* the frame waits in quarantine with its bytes, and its sender, who gets no receipt, repeats it:
  nothing is lost, and a node that is mended takes it by itself;
* told is the kind of the error and its place, never what it says: that may quote a record;
* what the store or a key file says is no mistake of ours and is passed on, but for the store's word
  that it was misused.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from corridor.daemon.logs import event_logger, place_of
from corridor.daemon.seldom import Seldom
from corridor.errors import KeyTrouble, Reason, StoreMisused, StoreTrouble
from corridor.exchange.values import Quarantined
from corridor.store.port import Transaction

_T = TypeVar("_T")
_U = TypeVar("_U")
_MOST_CHARS: Final = 60
"""Of the name of an error: as much as fits a line of a screen."""


def is_mistake(error: Exception) -> bool:
    """Whether an error is a mistake of ours that whatever was worked on may have brought out."""
    return isinstance(error, StoreMisused) or not isinstance(error, StoreTrouble | KeyTrouble)


def kind_of(error: Exception) -> str:
    """Return what kind of error it is, without a word of what it says."""
    return type(error).__name__[:_MOST_CHARS]


def tried(work: Callable[[], _T], otherwise: Callable[[Exception], _U]) -> _T | _U:
    """Do `work`; where a mistake of ours ends it, `otherwise`."""
    try:
        return work()
    except Exception as error:
        if not is_mistake(error):
            raise
        return otherwise(error)


def put_aside(change: Transaction, link: str, frame: bytes, error: Exception, now_ms: int) -> None:
    """Keep the frame at which the node failed for a person."""
    change.quarantine(Quarantined(link, Reason.INTERNAL, frame, now_ms, kind_of(error)))


class FailureLog:
    """Says where the node failed at frames: a flood of frames makes no flood of lines."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._seldom = Seldom()

    def tell(self, link: str, size: int, error: Exception) -> None:
        """Say it, or count it where the same was said within ten seconds."""
        place = place_of(error.__traceback__)
        count = self._seldom.due((link, kind_of(error), place))
        if not count:
            return
        event_logger().error(
            "frame.failed", link=link, bytes=size, count=count, cause=kind_of(error),
            reason=Reason.INTERNAL.label, stage=place,
            cure="`corridor quarantine list --items --reason internal`",
        )  # fmt: skip
