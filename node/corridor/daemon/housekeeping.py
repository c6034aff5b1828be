"""What a node does about once a second, part by part.

Rules:

* a part that fails is told and tried again at its next turn; the other parts are done, and the node
  goes on: a list that is late is better than corridors that stand;
* a store that can be used no more, and keys that cannot, end the node as everywhere.
"""

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import Counter

from corridor.daemon.isolating import kind_of
from corridor.daemon.logs import event_logger, place_of
from corridor.errors import KeyTrouble, StoreMisused, StoreTrouble

PARTS: Final = (
    "pressure",
    "gauges",
    "partners",
    "movements",
    "days",
    "trail",
    "hourly",
    "retention",
)
"""Also the closed set of labels of the metric."""


def keep_house(parts: Sequence[tuple[str, Callable[[], None]]], failures: Counter) -> None:
    """Do each part, named as in `PARTS`.

    Raises:
        KeyTrouble: A key file cannot be used.
        StoreTrouble: The store is lost, damaged or away: trying again does not help.
    """
    for name, part in parts:
        try:
            part()
        except KeyTrouble:
            raise
        except StoreTrouble as error:
            if not error.retryable and not isinstance(error, StoreMisused):
                raise
            failures.labels(name).inc()
            _say(name, code=error.code, cause=str(error))
        except Exception as error:  # noqa: BLE001 - told; a node is not ended for its housekeeping
            failures.labels(name).inc()
            _say(f"{name}: {place_of(error.__traceback__)}", code="internal", cause=kind_of(error))


def _say(stage: str, *, code: str, cause: str) -> None:
    event_logger().error("housekeeping.failed", stage=stage, code=code, cause=cause)
