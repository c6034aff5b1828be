"""The spool beside the node: one thread that looks, takes, writes, and says what is wrong.

Rules:

* nothing that happens in the folder ends the node: a trouble is told, counted and tried again;
* the three trays take turns, so that a flood of files keeps no record from being written;
* what is wrong now stands in `attention`, since when, and what to do.
"""

import signal
import threading
from contextlib import suppress
from typing import Final

from corridor.daemon.clock import unix_ms
from corridor.daemon.config_gateways import SpoolSection, lanes_of
from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.logs import event_logger
from corridor.daemon.service import NodeService
from corridor.errors import CorridorError, SpoolTrouble
from corridor.gateway.national import National
from corridor.gateway.spool.files import shown
from corridor.gateway.spool.incoming import InTray
from corridor.gateway.spool.layout import Layout
from corridor.gateway.spool.outcomes import Outcomes
from corridor.gateway.spool.outgoing import OutTray, stamp

_STOP_S: Final = 3.0
_LONGEST_PAUSE_S: Final = 30.0
_WAITS_TOO_LONG_MS: Final = 60_000
_MADE: Final = "spool.made"
_MIB: Final = 1024 * 1024


class SpoolGateway:
    """Serves a `NodeService` through a folder from `start` to `stop`."""

    def __init__(
        self,
        settings: SpoolSection,
        service: NodeService,
        metrics: GatewayMetrics,
        national: National | None = None,
    ) -> None:
        """Serve the folder `settings.directory`; it may come and go."""
        if settings.directory is None:
            raise ValueError("a spool needs a folder")
        self._settings = settings
        self._service = service
        self._metrics = metrics
        self._layout = Layout(settings.directory)
        self._out = OutTray(
            self._layout, service, metrics,
            lanes=lanes_of(settings.lanes), max_bytes=settings.max_file_mib * _MIB,
            settle_s=settings.settle_s, attach_original=settings.attach_original,
            manner=national.manner if national else None,
        )  # fmt: skip
        self._outcomes = Outcomes(self._layout, service)
        self._out.told = self._outcomes.expect
        self._in = InTray(
            self._layout, service, metrics,
            when_removed=settings.acknowledge == "removed", max_unread=settings.max_unread_files,
            national=national,
        )  # fmt: skip
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._trouble: tuple[str, int] | None = None

    def start(self) -> None:
        """Begin to look."""
        # Somebody who opens a file for writing while we ask whether it is whole sends this signal.
        with suppress(ValueError):  # not in the main thread: a test
            signal.signal(signal.SIGIO, signal.SIG_IGN)
        self._thread.start()

    def stop(self) -> None:
        """End; what was begun is gone on with at the next start."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def attention(self) -> list[str]:
        """Return what needs a person, one line each; any thread."""
        lines = []
        if self._trouble is not None:
            what, since_ms = self._trouble
            lines.append(f"spool: {what} (since {stamp(since_ms)})")
        waiting, oldest_ms = self._out.scan.waiting, self._out.scan.oldest_ms
        now_ms = unix_ms()
        if waiting and oldest_ms and now_ms - oldest_ms > _WAITS_TOO_LONG_MS:
            lines.append(f"spool: {waiting} file(s) waiting since {stamp(oldest_ms)}")
        if self._out.stuck:
            count, why = len(self._out.stuck), next(iter(self._out.stuck.values()))
            lines.append(f"spool: {count} file(s) cannot be taken away from out/: {why}")
        if self._out.scan.shut:
            lines.append(
                f"spool: the node may not look into out/{', out/'.join(self._out.scan.shut)}"
            )
        lines += [f"spool: {one}" for one in self._out.giving.waits]
        if self._out.scan.alone:
            names = ", ".join(map(shown, self._out.scan.alone[:3]))
            lines.append(
                f"spool: {len(self._out.scan.alone)} folder(s) of files in out/ have no message:"
                f" {names}"
            )
        if self._in.full:
            lines.append("spool: in/ is full; the national system takes no files away")
        return lines

    def turn(self) -> bool:
        """Do once what is to be done; returns whether there is more to do now.

        Raises:
            SpoolTrouble: The folder is not there.
            OSError: The folder cannot be used.
            CorridorError: The node could not keep or note something.
        """
        self._layout.check(self._known, self._note_made)
        more = self._out.turn()
        more = self._outcomes.turn() or more
        if self._settings.inbound:
            more = self._in.turn() or more
        return more

    def _known(self) -> bool:
        noted = self._service.note_of(_MADE)
        return noted == str(self._layout.base).encode("utf-8", "surrogateescape")

    def _note_made(self) -> None:
        self._service.note(_MADE, str(self._layout.base).encode("utf-8", "surrogateescape"))

    def _run(self) -> None:
        failures = 0
        while not self._ended.is_set():
            more = False
            try:
                more = self.turn()
                failures = 0
                self._well()
            except SpoolTrouble as error:
                failures += 1
                self._wrong("folder_missing", f"{error.message}; {error.cure}")
            except OSError as error:
                failures += 1
                self._wrong("folder_unusable", f"{error.filename or ''}: {error.strerror or error}")
            except CorridorError as error:
                failures += 1
                self._wrong(error.code, error.message)
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the gateway
                failures += 1
                self._wrong("internal", f"a mistake of Corridor itself: {type(error).__name__}")
            pause_s = min(self._settings.poll_s * 2 ** min(failures, 10), _LONGEST_PAUSE_S)
            if not more:
                self._ended.wait(pause_s)

    def _wrong(self, code: str, what: str) -> None:
        self._metrics.spool_troubles.labels(code).inc()
        if self._trouble is None or self._trouble[0] != what:
            event_logger().error("spool.failed", code=code, cause=what)
            self._trouble = (what, unix_ms())

    def _well(self) -> None:
        if self._trouble is not None:
            event_logger().info("spool.mended")
            self._trouble = None
