"""A progress bar at a terminal; a line every ten seconds elsewhere; nothing where asked."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_EVERY_S = 10.0


@contextmanager
def bar(what: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show progress towards `total`; yields what advances it, safe from several threads."""
    if quiet:
        yield lambda _count: None
    elif sys.stderr.isatty():
        with _terminal(what, total) as advance:
            yield advance
    else:
        yield _lines(what, total)


@contextmanager
def _terminal(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)


def _lines(what: str, total: int) -> Callable[[int], None]:
    lock = threading.Lock()
    done, said_at = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, said_at
        with lock:
            done += count
            if time.monotonic() - said_at >= _EVERY_S:
                said_at = time.monotonic()
                click.echo(f"{what} {done} of {total}", err=True)

    return advance
