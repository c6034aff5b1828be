"""Draws one true picture of each dashboard, from a Prometheus that looks at a lab with traffic.

    python deploy/grafana/draw.py [--minutes 4]

Brings up the lab tr-ge-az with Prometheus beside it, sends traffic, takes one node away for a
while so that there is something to see, and writes docs/manual/pictures/*.svg.
"""

import argparse
import html
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from panels import DASHBOARDS, Dashboard, Panel, as_asked
from write_dashboards import dashboard_json

from corridor.lab.movements import plan_movements
from corridor.lab.network import Network
from corridor.lab.scenario import load_scenario
from corridor.lab.traffic import play
from corridor.lab.watching import Watchers
from corridor.transit.parties import CountryCode

PICTURES: Final = Path(__file__).resolve().parents[2] / "docs" / "manual" / "pictures"
_CELL: Final = 50
_COLOURS: Final = (
    "#2a6fb0", "#d9822b", "#2e8b57", "#8e44ad", "#b03a48", "#4d5656", "#1f9e9e", "#a0522d",
)  # fmt: skip
_LABELS: Final = ("alertname", "country", "peer", "trouble", "message_type", "reason", "version")
"""What a row of a table says of itself, in this order."""
_INTERVAL: Final = "10s"
_STEP_S: Final = 2
_WHOLE: Final = 1000
"""From here on no fraction is shown."""
_CHOSEN: Final = {
    "corridor-node": ("TR", ".*"),
    "corridor-pair": ("TR", "GE.RS"),
    "corridor-broker": ("TR", ".*"),
}
"""Which country and partner the reader of a dashboard has chosen."""
_AWAY: Final = (0.45, 0.6)
"""For which part of the time Georgia's node is away."""


def main(arguments: Sequence[str]) -> int:
    """Draw them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0)
    given = parser.parse_args(arguments)
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="corridor-draw-") as folder:
        network = Network(load_scenario("tr-ge-az"), Path(folder) / "lab", print)
        with network:
            network.up()
            with Watchers(network, Path(folder) / "watch", scrape_s=2) as watch:
                begun = time.time()
                _traffic(network, given.minutes * 60)
                for board in DASHBOARDS:
                    path = PICTURES / f"{board.uid}.svg"
                    path.write_text(_picture(board, watch, begun, time.time()), "utf-8")
                    print(path)
    return 0


def _traffic(network: Network, seconds: float) -> None:
    begun, seed, away = time.monotonic(), 1, False
    node = network.nodes[CountryCode("GE")]
    while (share := (time.monotonic() - begun) / seconds) < 1:
        if not away and _AWAY[0] < share < _AWAY[1]:
            node.kill()
            away = True
        elif away and share > _AWAY[1] and node.pid is None:
            node.start()
        plan = [
            one
            for one in plan_movements(network.scenario, seed, 1)
            if node.pid is not None or one.sender != node.plan.country.endpoint
        ]
        if node.pid is None or node.ready():
            play(plan, network.ways_in)
        seed += 1
        time.sleep(0.3)


class _Asking:
    """Asks Prometheus as the dashboard does, with its variables as chosen."""

    def __init__(self, watch: Watchers, board: str, span: tuple[float, float]) -> None:
        self._watch = watch
        self._chosen = _CHOSEN.get(board, (".*", ".*"))
        self.span = span

    def now(self, expression: str) -> list[dict[str, Any]]:
        return self._watch.ask(as_asked(expression, _INTERVAL, *self._chosen))

    def all_the_time(self, expression: str) -> list[dict[str, Any]]:
        asked = as_asked(expression, _INTERVAL, *self._chosen)
        return self._watch.ask_range(asked, *self.span, _STEP_S)


def _picture(board: Dashboard, watch: Watchers, begun: float, ended: float) -> str:
    asking = _Asking(watch, board.uid, (begun, ended))
    drawn = [one for one in dashboard_json(board)["panels"] if one["type"] != "row"]
    panels = {one.title: one for one in board.panels}
    height = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in drawn) * _CELL // 2 + 40
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * _CELL} {height}" '
            'font-family="sans-serif" font-size="13">'
        ),
        (
            f'<rect width="100%" height="100%" fill="#f4f5f5"/>'
            f'<text x="10" y="25" font-size="18">{html.escape(board.title)}</text>'
        ),
    ]
    for one in drawn:
        place = one["gridPos"]
        x, y = place["x"] * _CELL, place["y"] * _CELL // 2 + 40
        width, tall = place["w"] * _CELL - 8, place["h"] * _CELL // 2 - 8
        lines.append(
            f'<g transform="translate({x + 4},{y})"><rect width="{width}" height="{tall}" '
            f'fill="white" stroke="#d0d0d0" rx="3"/><text x="10" y="18" font-weight="bold">'
            f"{html.escape(one['title'])}</text>"
        )
        lines += _content(panels[one["title"]], asking, (width, tall))
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"]) + "\n"


def _content(panel: Panel, asking: _Asking, size: tuple[int, int]) -> Iterator[str]:
    if panel.kind == "stat":
        found = asking.now(panel.queries[0].expression)
        text = _said(float(found[0]["value"][1]), panel.unit) if found else "-"
        colour = _colour(panel, float(found[0]["value"][1])) if found else "#555"
        yield f'<text x="{size[0] / 2}" y="{size[1] / 2 + 18}" font-size="30" fill="{colour}" '
        yield f'text-anchor="middle">{text}</text>'
    elif panel.kind == "table":
        yield from _table(panel, asking, size)
    elif panel.kind == "heatmap":
        yield from _heatmap(panel, asking, size)
    else:
        yield from _graph(panel, asking, size)


def _table(panel: Panel, asking: _Asking, size: tuple[int, int]) -> Iterator[str]:
    y = 42
    rows = [(query, one) for query in panel.queries for one in asking.now(query.expression)]
    if not rows:
        yield f'<text x="{size[0] / 2}" y="{size[1] / 2 + 6}" text-anchor="middle" fill="#888">'
        yield "nothing</text>"
    for query, one in rows:
        labels = " ".join(
            one["metric"][name].removeprefix("Corridor") for name in _LABELS
            if name in one["metric"]
        )  # fmt: skip
        value = _said(float(one["value"][1]), panel.unit)
        if y < size[1] - 6:
            yield f'<text x="12" y="{y}">{html.escape(f"{labels} {query.legend}")}</text>'
            yield f'<text x="{size[0] - 14}" y="{y}" text-anchor="end">{value}</text>'
        y += 19


def _heatmap(panel: Panel, asking: _Asking, size: tuple[int, int]) -> Iterator[str]:
    """Draw a row for each bucket that ever held something, the slowest on top; dark is many."""
    found = asking.all_the_time(panel.queries[0].expression)
    buckets = sorted(
        ((float(one["metric"]["le"]), dict(_points(one))) for one in found), key=lambda one: one[0]
    )
    rows: list[tuple[float, dict[float, float]]] = []
    below: dict[float, float] = {}
    for edge, counts in buckets:
        rows.append((edge, {at: value - below.get(at, 0.0) for at, value in counts.items()}))
        below = counts
    rows = [one for one in rows if any(value > 0 for value in one[1].values())]
    most = max((value for _, counts in rows for value in counts.values()), default=1.0)
    left, right, high, low = 72, size[0] - 12, 30, size[1] - 26
    tall = (low - high) / max(1, len(rows))
    yield from _times(asking, left, right, low)
    begun, ended = asking.span
    wide = (right - left) * _STEP_S / (ended - begun)
    for number, (edge, counts) in enumerate(rows):
        y = low - (number + 1) * tall
        text = f"≤ {_said(edge, panel.unit)}" if edge < float("inf") else "more"
        yield f'<text x="{left - 6}" y="{y + tall / 2 + 4:.1f}" text-anchor="end" fill="#555">'
        yield f"{text}</text>"
        for at, value in counts.items():
            if value > 0:
                x = left + (at - begun) / (ended - begun) * (right - left)
                yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall - 1:.1f}" '
                yield f'fill="#2a6fb0" fill-opacity="{0.12 + 0.88 * value / most:.2f}"/>'


def _graph(panel: Panel, asking: _Asking, size: tuple[int, int]) -> Iterator[str]:
    series: list[tuple[str, list[tuple[float, float]]]] = []
    for query in panel.queries:
        found = asking.all_the_time(query.expression)
        series += [(_legend(query.legend, one["metric"]), _points(one)) for one in found]
    top = max((value for _, points in series for _, value in points), default=0.0) or 1.0
    left, right, high, low = 62, size[0] - 12, 30, size[1] - 52
    begun, ended = asking.span
    yield from _times(asking, left, right, low)
    if panel.bad is not None and panel.bad <= top:  # from here on somebody has to act
        y = low - panel.bad / top * (low - high)
        yield f'<path d="M{left} {y:.1f}H{right}" stroke="#b03a48" stroke-dasharray="4 3"/>'
    for share in (0, 0.5, 1):
        y = low - share * (low - high)
        yield f'<path d="M{left} {y}H{right}" stroke="#e4e4e4"/><text x="{left - 6}" y="{y + 4}" '
        yield f'text-anchor="end" fill="#555">{_said(top * share, panel.unit)}</text>'
    if not series:
        yield f'<text x="{size[0] / 2}" y="{(high + low) / 2}" text-anchor="middle" fill="#888">'
        yield "nothing</text>"
    x, y = float(left), size[1] - 20
    for number, (legend, points) in enumerate(series[: len(_COLOURS)]):
        colour = _COLOURS[number]
        path = " ".join(
            f"{'M' if index == 0 or at - points[index - 1][0] > 2 * _STEP_S else 'L'}"
            f"{left + (at - begun) / (ended - begun) * (right - left):.1f} "
            f"{low - value / top * (low - high):.1f}"
            for index, (at, value) in enumerate(points)
        )
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        if x + 7 * len(legend) > right:
            x, y = float(left), y + 15
        yield f'<text x="{x}" y="{y}" fill="{colour}">{html.escape(legend)}</text>'
        x += 16 + 7 * len(legend)


def _times(asking: _Asking, left: int, right: int, low: int) -> Iterator[str]:
    """Write below a graph of which time it is."""
    minutes = (asking.span[1] - asking.span[0]) / 60
    for x, anchor, text in (
        (left, "start", f"{minutes:.0f} min ago"),
        ((left + right) / 2, "middle", f"{minutes / 2:.0f} min ago"),
        (right, "end", "now"),
    ):
        yield f'<text x="{x}" y="{low + 14}" text-anchor="{anchor}" fill="#888" font-size="11">'
        yield f"{text}</text>"


def _points(one: dict[str, Any]) -> list[tuple[float, float]]:
    return [(float(at), float(value)) for at, value in one["values"] if value != "NaN"]


def _legend(pattern: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        pattern = pattern.replace("{{" + name + "}}", value)
    return pattern


def _colour(panel: Panel, value: float) -> str:
    if panel.warn is None or panel.bad is None:
        return "#333"
    less_is_bad = panel.bad < panel.warn
    if (value < panel.bad) if less_is_bad else (value >= panel.bad):
        return "#b03a48"
    return "#d9822b" if ((value < panel.warn) == less_is_bad) else "#2e8b57"


def _said(value: float, unit: str) -> str:
    """Return a value as the dashboard shows it."""
    if unit == "bool_on_off":
        return "on" if value >= 1 else "off"
    if unit == "percentunit":
        return f"{value:.0%}"
    if unit == "bytes":
        return f"{value / 2**30:,.1f} GiB" if value >= 2**30 else f"{value / 2**20:,.0f} MiB"
    suffix: Any = {"reqps": "/s"}.get(unit, "")
    if unit == "s":
        for size, name in ((86_400, " d"), (3_600, " h"), (60, " min"), (1, " s")):
            if value >= size:
                return f"{value / size:.3g}{name}"
        return f"{value * 1000:.0f} ms" if value else "0 s"
    return f"{value:,.0f}{suffix}" if value >= _WHOLE else f"{value:,.3g}{suffix}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
