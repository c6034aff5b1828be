"""Writes Grafana's dashboards, and the manual's page about them, from panels.py and the boards.

python deploy/grafana/write_dashboards.py            write the files
python deploy/grafana/write_dashboards.py --check    are they up to date?
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from panel import NODE
from panels import DASHBOARDS, Dashboard, Panel

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = HERE.parents[1] / "docs" / "manual" / "dashboards.md"
_SCHEMA: Final = 41
_WIDTH: Final = 24
_TILE_HEIGHT: Final = 4
_GRAPH: Final = (12, 8)
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_FORMATS: Final = {"table": "table", "heatmap": "heatmap"}
_VARIABLES: Final = {
    "country": ("Country", 'label_values(up{job="corridor"}, country)'),
    "peer": ("Partner", f"label_values(corridor_link_open{{{NODE}}}, peer)"),
}


def dashboard_json(board: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana imports it."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.meaning,
        "tags": ["corridor", "customs"],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [*_variables(board)]},
        "panels": [*_panels(board)],
    }


def _variables(board: Dashboard) -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    for name in board.variables:
        label, query = _VARIABLES[name]
        yield {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": query, "refId": name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        }


def _panels(board: Dashboard) -> Iterator[dict[str, Any]]:
    open_now = [one for one in board.panels if not one.folded]
    folded = [one for one in board.panels if one.folded]
    y = 0
    for number, (panel, place) in enumerate(_placed(open_now, y), 1):
        y = max(y, place["y"] + place["h"])
        yield _panel(panel, number, place)
    if folded:
        row = [_panel(one, 101 + n, place) for n, (one, place) in enumerate(_placed(folded, y + 1))]
        yield {
            "id": 100,
            "type": "row",
            "title": "More",
            "collapsed": True,
            "gridPos": {"x": 0, "y": y, "w": _WIDTH, "h": 1},
            "panels": row,
        }


def _placed(panels: Sequence[Panel], top: int) -> Iterator[tuple[Panel, dict[str, int]]]:
    """Lay panels out in rows, in their order; the tiles of a dashboard share one row."""
    tiles = [one for one in panels if one.kind == "stat"]
    for number, panel in enumerate(tiles):
        x = number * _WIDTH // len(tiles)
        wide = (number + 1) * _WIDTH // len(tiles) - x
        yield panel, {"x": x, "y": top, "w": wide, "h": _TILE_HEIGHT}
    y = top + (_TILE_HEIGHT if tiles else 0)
    width, tall = _GRAPH
    across = _WIDTH // width
    for number, panel in enumerate(one for one in panels if one.kind != "stat"):
        place = {"x": number % across * width, "y": y + number // across * tall}
        yield panel, {**place, "w": width, "h": tall}


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": _thresholds(panel)}
    if panel.kind == "timeseries" and panel.bad is not None:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}} if panel.kind == "stat" else {},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _SOURCE,
                "expr": query.expression,
                "legendFormat": query.legend or "__auto",
                "exemplar": panel.kind == "heatmap",
                "instant": panel.kind == "table",
                "format": _FORMATS.get(panel.kind, "time_series"),
            }
            for index, query in enumerate(panel.queries)
        ],
    }


def _thresholds(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.warn is not None and panel.bad is not None:
        if panel.bad < panel.warn:  # the more the better
            steps = [
                {"color": "red", "value": None},
                {"color": "orange", "value": panel.bad},
                {"color": "green", "value": panel.warn},
            ]
        else:
            if panel.warn < panel.bad:
                steps.append({"color": "orange", "value": panel.warn})
            steps.append({"color": "red", "value": panel.bad})
    return {"mode": "absolute", "steps": steps}


def page() -> str:
    """Return the manual's page."""
    lines = [
        "# What the dashboards show",
        "",
        "Written by `deploy/grafana/write_dashboards.py` from the `*_board.py` beside it. The JSON",
        "there is imported into Grafana as it is, or provisioned. The scrape job of the nodes is",
        "called `corridor`, that of the brokers `rabbitmq`; each target has a label `country`.",
        "`deploy/grafana/draw.py` drew the pictures, from a lab with traffic; for a while one node",
        "is away.",
    ]
    for board in DASHBOARDS:
        picture = f"![{board.title}](pictures/{board.uid}.svg)"
        lines += ["", f"## {board.title}", "", board.meaning, "", picture, ""]
        lines += ["| panel | what it means |", "| --- | --- |"]
        lines += [f"| {one.title} | {one.meaning} |" for one in board.panels]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check; 1 where a file is not up to date."""
    wanted = {PAGE: page()}
    for board in DASHBOARDS:
        text = json.dumps(dashboard_json(board), indent=2) + "\n"
        wanted[HERE / f"{board.uid}.json"] = text
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is not up to date: run python deploy/grafana/write_dashboards.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path])
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
