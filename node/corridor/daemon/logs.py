"""What the node writes to standard error: events with fields from an allow-list.

Rules:

* an event is a fixed name, `noun.past_participle`; what varies stands in fields;
* a field that is not on the list is replaced by its type and length: no payload, key or party
  data is written at any level, whoever calls;
* production writes JSON lines, a person at a terminal may ask for text.
"""

import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import structlog

_ALLOWED: Final = frozenset(
    {
        "attachment_id", "attempt", "bytes", "cause", "code", "count", "country", "cure", "day",
        "delay_s",
        "directory", "duration_ms", "endpoint", "envelope_id", "epoch", "event", "family", "gaps",
        "key_id", "lane", "level", "link", "method", "partner", "path", "peer", "pid", "port",
        "reason", "record_id", "record_type", "records", "role", "route", "sequence", "serial",
        "signal", "stage", "state", "status", "suite", "timestamp", "until", "verdict", "version",
        "window",
    }
)  # fmt: skip
_MAX_TEXT: Final = 300

Event = MutableMapping[str, Any]


def allow_listed(_logger: object, _method: str, event: Event) -> Event:
    """Keep allowed fields of plain types; say of any other only what it was."""
    return {key: _plain(key, value) for key, value in event.items()}


def _plain(key: str, value: object) -> object:
    if key not in _ALLOWED:
        size = len(value) if isinstance(value, str | bytes | list | tuple | dict) else None
        return f"<{type(value).__name__}>" if size is None else f"<{type(value).__name__} {size}>"
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 32 else f"<bytes {len(value)}>"  # noqa: PLR2004 - an id
    if isinstance(value, str):
        return value[:_MAX_TEXT]
    if value is None or isinstance(value, int | float):
        return value
    return f"<{type(value).__name__}>"


def configure_logs(level: str, form: Literal["json", "text"], stream: TextIO | None = None) -> None:
    """Send every log event of the process, libraries' too, through the allow-list.

    Libraries log prose that may quote anything: of their records only logger, level and place
    are kept.
    """
    out = stream or sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allow_listed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_LibraryHandler()]
    root.setLevel(logging.WARNING)
    threading.excepthook = _thread_failed
    # What it has to say reaches us as reasons of lost connections; it logs a page for each.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    """Say that a thread ended, by what and where; a traceback quotes values."""
    event_logger().error(
        "thread.failed", cause=failed.exc_type.__name__, stage=place_of(failed.exc_traceback)
    )


def place_of(trace: TracebackType | None) -> str:
    """Return where an error was raised, innermost last: places, not values."""
    frames = traceback.extract_tb(trace)
    return " ".join(f"{Path(frame.filename).stem}:{frame.lineno}" for frame in frames[-6:])


class _LibraryHandler(logging.Handler):
    """Passes on that a library complained, and where; not what it said."""

    def emit(self, record: logging.LogRecord) -> None:
        event_logger().log(
            record.levelno,
            "library.complained",
            code=record.name,
            stage=f"{record.module}:{record.lineno}",
        )


def event_logger() -> structlog.typing.FilteringBoundLogger:
    """Return the logger of the process."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
