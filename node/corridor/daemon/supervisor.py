"""Starts a node, keeps it turning, and ends it: on a signal in good order, otherwise at once.

Rules:

* SIGTERM and SIGINT drain: nothing new is taken, what is in flight gets a few seconds, then every
  thread ends, also when the broker is blocked; whatever still hangs after that is killed;
* SIGHUP reads trust statements and keys again; what does not fit is refused and named, and the
  node goes on with what it had; each changed key of the configuration is named, since only a
  restart puts it in force;
* a loop that fails ends the process with status 1: the service manager starts it again, and
  everything that matters is in the store.
"""

import gc
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from corridor.daemon.config import NodeConfig, changed_keys
from corridor.daemon.logs import event_logger, place_of
from corridor.daemon.node import Node
from corridor.daemon.notify import notify, watchdog_interval_s
from corridor.errors import CorridorError, ExitStatus

_TURN_S = 1.0
_COLLECT_EVERY = 20_000
"""Objects between two searches for rings: records make many and no rings, and a search at every
700, as Python has it, took a tenth of the time of a submission."""
_SWITCH_S = 0.02
"""How long a thread may keep the interpreter while others wait. After Python's 5 ms whoever seals
or stores a batch loses it half-way, and all lose by it (decision 0050)."""
_STOP_DEADLINE_S = 25
"""Then SIGALRM ends the process as a crash would, which the store survives. Longer than every
orderly stop, shorter than the patience of a service manager (systemd: 90 s, containers: 30 s)."""
_ANCHOR_S = 3600.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Part(Protocol):
    """Something that runs beside the node: a gateway."""

    def start(self) -> None:
        """Begin to answer."""

    def stop(self) -> None:
        """End."""


@runtime_checkable
class Reloading(Protocol):
    """A part that has files of its own to read again."""

    def reload(self) -> None:
        """Read them.

        Raises:
            CorridorError: They do not fit; it goes on with what it had.
        """


def block_signals() -> None:
    """Keep signals for `supervise`; to be called before any thread is started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def supervise(
    node: Node, gateways: Sequence[Part], reread: Callable[[], NodeConfig] | None = None
) -> ExitStatus:
    """Run `node` and its gateways until a signal or a failure; returns the exit status.

    `reread` reads the configuration once more, to tell what a reload does not change.
    """
    logger = event_logger()
    _anchor(node)
    gc.freeze()  # what is there now stays until the end
    gc.set_threshold(_COLLECT_EVERY)
    sys.setswitchinterval(_SWITCH_S)
    node.start()
    for gateway in gateways:
        gateway.start()
    notify("READY=1")
    logger.info("node.started", endpoint=node.config.endpoint, port=node.web.port)
    try:
        status = _turn_until_ended(node, gateways, reread or (lambda: node.config))
    finally:
        begun = time.monotonic()
        signal.alarm(_STOP_DEADLINE_S)
        notify("STOPPING=1")
        for gateway in gateways:
            gateway.stop()
        orderly = node.stop()
        logger.info(
            "node.stopped", status="drained" if orderly else "dropped",
            duration_ms=round((time.monotonic() - begun) * 1000),
        )  # fmt: skip
        signal.alarm(0)
    return status


def _turn_until_ended(
    node: Node, gateways: Sequence[Part], reread: Callable[[], NodeConfig]
) -> ExitStatus:
    watchdog_s = watchdog_interval_s()
    alive_at = anchored_at = time.monotonic()
    while True:
        # A debugger that attaches ends the wait with a number that is no signal's.
        caught = signal.sigtimedwait(_SIGNALS, _TURN_S)
        number = caught.si_signo if caught is not None else None
        if number in {signal.SIGTERM, signal.SIGINT}:
            event_logger().info("node.stopping", signal=signal.Signals(number).name)
            return ExitStatus.OK
        if number == signal.SIGHUP:
            _reload(node, gateways, reread)
        if node.failure is not None:
            event_logger().error(
                "node.failed",
                cause=type(node.failure).__name__,
                stage=place_of(node.failure.__traceback__),
            )
            return ExitStatus.FAILED
        node.housekeep()
        if time.monotonic() - anchored_at >= _ANCHOR_S:
            anchored_at = time.monotonic()
            _anchor(node)
        if watchdog_s is not None and time.monotonic() - alive_at >= watchdog_s:
            alive_at = time.monotonic()
            notify("WATCHDOG=1")


def _anchor(node: Node) -> None:
    """Say in the log where the audit trail stands: whoever keeps the log can tell a newer one."""
    stands = node.trail.verify()
    if stands is not None:
        event_logger().info("audit.stands", state=str(stands))


def _reload(node: Node, gateways: Sequence[Part], reread: Callable[[], NodeConfig]) -> None:
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
    try:
        node.reload()
        for gateway in gateways:
            if isinstance(gateway, Reloading):
                gateway.reload()
        event_logger().info("node.reloaded", version=node.trust.current().dir_version)
        for key in changed_keys(node.config, reread()):
            event_logger().warning("config.not_in_force", path=key, cure="restart the node")
    except CorridorError as error:
        event_logger().error("reload.refused", code=error.code, cause=str(error))
    notify("READY=1")
