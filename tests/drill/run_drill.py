"""Makes the fault of every alert that wakes somebody, and sees the alert fire and arrive.

    python tests/drill/run_drill.py [ALERT ...]

The rules' times are divided by DRILL_DIVIDE (60); with DRILL_REAL=1 they are a country's own, the
product's too, and what takes longer than six minutes then is left out. What was seen goes into
build/drill/fired.json. Exit status: 0 if every alert fired, 1 otherwise.
"""

import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE / "node"), str(TREE / "tests"), str(TREE / "deploy" / "prometheus")]

from alerts import ALERTS  # type: ignore[import-not-found]  # noqa: E402 - after the path

from chaos.cases.case import Differs  # noqa: E402
from corridor.errors import CorridorError  # noqa: E402 - after the path
from drill.faults import FAULTS, Fault  # noqa: E402
from drill.stage import Stage, set_up  # noqa: E402

BUILT: Final = TREE / "build" / "drill" / "fired.json"
_DIVIDE: Final = 60.0
_PATIENCE_S: Final = 90.0
"""What a fault may take beyond the alert's own times: to begin, to be scraped, to be judged."""
_SLOWEST_S: Final = 2_000.0
_RECEIVERS: Final = {"security": "security"}


def main(arguments: Sequence[str]) -> int:
    """Play what was asked for."""
    real = os.environ.get("DRILL_REAL") == "1"
    factor = 1.0 if real else float(os.environ.get("DRILL_DIVIDE") or _DIVIDE)
    chosen = [
        one for one in FAULTS
        if (not arguments or one.alert in arguments) and not (real and one.lasting)
    ]  # fmt: skip
    if unknown := sorted(set(arguments) - {one.alert for one in FAULTS}):
        print(f"no such alert: {unknown}", file=sys.stderr)
        return 2
    say(f"{len(chosen)} faults; the rules' times are divided by {factor:g}")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="corridor-drill-") as folder, ExitStack() as stack:
        stage = set_up(stack, Path(folder), factor, say)
        for one in chosen:
            found[one.alert] = _play(stage, one)
            _keep(found, factor)
    return 0 if all(line["fired"] for line in found.values()) else 1


def _play(stage: Stage, fault: Fault) -> dict[str, Any]:
    """Make one fault; returns what became of it."""
    (alert,) = [one for one in ALERTS if one.name == fault.alert]
    before = stage.fires(fault.alert, fault.country)
    begun, why = time.monotonic(), ""
    fired = arrived = False
    patience_s = _PATIENCE_S + _SLOWEST_S / stage.factor
    try:
        fault.begin(stage)
        fired = stage.wait(lambda: stage.fires(fault.alert, fault.country), patience_s)
        seconds = time.monotonic() - begun
        receiver = _RECEIVERS.get(alert.team, "duty")
        arrived = fired and stage.wait(lambda: _arrived(stage, receiver, fault), 60)
    except (CorridorError, OSError, Differs, NotImplementedError) as error:
        seconds, why = time.monotonic() - begun, str(error)
    finally:
        stage.mend()
    quiet = fired and fault.mended and stage.wait(
        lambda: not stage.fires(fault.alert, fault.country), patience_s
    )  # fmt: skip
    line = {
        "fault": fault.what, "fired": fired and arrived and not before, "seconds": round(seconds),
        "ended": quiet if fault.mended else None, "why": why,
    }  # fmt: skip
    say(f"{fault.alert}: {'fired' if line['fired'] else 'DID NOT FIRE'} after {seconds:.0f} s"
        f"{', and ended' if quiet else ''}{why and f': {why}'}")  # fmt: skip
    _whole(stage)
    return line


def _arrived(stage: Stage, receiver: str, fault: Fault) -> bool:
    """Whether the Alertmanager has it for the receiver that it concerns, held back by nothing."""
    url = f"{stage.watch.at.alertmanager}/api/v2/alerts?receiver={receiver}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
        alerts = json.load(answer)
    return any(
        one["labels"]["alertname"] == fault.alert
        and one["labels"].get("country") == fault.country
        and not one["status"]["inhibitedBy"]
        for one in alerts
    )


def _whole(stage: Stage) -> None:
    try:
        stage.net.wait_whole(240)
    except CorridorError as error:
        say(f"  not whole: {error}")


def _keep(found: dict[str, Any], factor: float) -> None:
    """Put what was seen beside what was seen before; at once, it is not lost with us."""
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(BUILT.read_text()) if BUILT.exists() else {}
    part = kept.setdefault(f"{factor:g}", {})
    part.update(found)
    BUILT.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")


def say(text: str) -> None:
    """Say how far it is."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
