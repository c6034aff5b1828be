"""Every alert that wakes somebody was seen to fire for its fault, and the account says so."""

import json
import tomllib
from pathlib import Path

from drill.faults import FAULTS
from testkit.watching import alerts

TREE = Path(__file__).resolve().parents[3]
FIRED = json.loads((TREE / "docs" / "manual" / "fired.json").read_text())
PAGES = {one.name: one for one in alerts().ALERTS if one.severity == "page"}
SIX_MINUTES = 360
SLACK_S = 90
"""What a fault takes to begin, to be scraped and to be judged."""


def slowest_s(name: str, factor: float) -> float:
    """How long an alert may take by its own thresholds."""
    thresholds = tomllib.loads((TREE / "deploy/prometheus/thresholds.toml").read_text())
    alert = PAGES[name]
    times = [thresholds[alert.hold]] if alert.hold else []
    if "outbox_age_s" in alert.expression:
        times.append(thresholds["outbox_age_s"])
    return sum(times) / factor


def test_every_alert_that_pages_has_one_fault() -> None:
    assert sorted(one.alert for one in FAULTS) == sorted(PAGES)


def test_what_takes_longer_than_six_minutes_is_marked() -> None:
    for fault in FAULTS:
        assert fault.lasting is (slowest_s(fault.alert, 1) > SIX_MINUTES), fault.alert


def test_every_fault_was_made_and_its_alert_fired_in_time() -> None:
    for fault in FAULTS:
        for factor in (60,) if fault.lasting else (60, 1):
            line = FIRED[str(factor)][fault.alert]
            assert line["fired"], (fault.alert, factor)
            assert line["fault"] == fault.what
            assert line["ended"] is (True if fault.mended else None), fault.alert
            least, most = slowest_s(fault.alert, factor), slowest_s(fault.alert, factor) + SLACK_S
            assert least - 1 <= line["seconds"] <= most, (fault.alert, factor)
