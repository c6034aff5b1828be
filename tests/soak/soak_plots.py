"""Draws what a soak saw, and says where something grew."""

import html
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_WIDE, _HIGH = 900, 210
_LEFT, _RIGHT, _TOP, _LOW = 70, 880, 34, 170
_COLOURS: Final = ("#2a6fb0", "#d9822b", "#2e8b57")
_GAP: Final = 3.0
"""A line is broken where samples are further apart than so many times their distance."""

PLOTS: Final = {
    "rss_mib": "Memory of the nodes, MiB",
    "handles": "File handles of the nodes",
    "threads": "Threads of the nodes",
    "store_mib": "Store with its log, MiB",
    "p50_ms": "Accepted to receipted, median, ms",
    "p99_ms": "Accepted to receipted, p99, ms",
    "broker_rss_mib": "Memory of the brokers, MiB",
}

_ROOM: Final = {"rss_mib": (0.10, 8.0), "handles": (0.10, 4.0), "threads": (0.0, 1.0)}
"""How much more the last quarter may have than the second: a share, and so many at least."""


def grown(samples: Sequence[Mapping[str, Any]], country: str) -> dict[str, Any]:
    """Compare the last quarter of the time with the second, for a node that lived through it."""
    quarter = max(1, len(samples) // 4)
    verdicts: dict[str, Any] = {}
    for name, (share, least) in _ROOM.items():
        before = _median(samples[quarter : 2 * quarter], country, name)
        after = _median(samples[-quarter:], country, name)
        room = max(before * share, least)
        verdicts[name] = {
            "second_quarter": round(before, 1), "last_quarter": round(after, 1),
            "room": round(room, 1), "grew": after > before + room,
        }  # fmt: skip
    return verdicts


def draw(
    name: str, samples: Sequence[Mapping[str, Any]], faults: Sequence[tuple[float, str]]
) -> str:
    """Return one figure over the time as SVG; a grey line is a fault."""
    return "\n".join(_lines(name, samples, faults)) + "\n"


def _lines(
    name: str, samples: Sequence[Mapping[str, Any]], faults: Sequence[tuple[float, str]]
) -> Iterator[str]:
    countries = sorted(samples[0]["countries"]) if samples else []
    series = {code: _points(samples, code, name) for code in countries}
    top = max((value for points in series.values() for _, value in points), default=1.0) or 1.0
    until = max((one["at_s"] for one in samples), default=1.0) or 1.0
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" '
    yield 'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
    yield f'<text x="10" y="20" font-size="15">{html.escape(PLOTS[name])}</text>'
    for at, fault in faults:
        x = _LEFT + at / until * (_RIGHT - _LEFT)
        yield f'<path d="M{x:.1f} {_TOP}V{_LOW}" stroke="#ccc"><title>{html.escape(fault)}'
        yield "</title></path>"
    for share in (0, 0.5, 1):
        y = _LOW - share * (_LOW - _TOP)
        yield f'<path d="M{_LEFT} {y}H{_RIGHT}" stroke="#e4e4e4"/>'
        mark = f"{top * share:,.0f}" if top >= 100 else f"{top * share:.3g}"
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end" fill="#555">{mark}'
        yield "</text>"
    for minute in range(0, int(until / 60) + 1, max(1, int(until / 600))):
        x = _LEFT + minute * 60 / until * (_RIGHT - _LEFT)
        yield f'<text x="{x:.1f}" y="{_LOW + 15}" text-anchor="middle" fill="#555">{minute} min'
        yield "</text>"
    step = until / max(1, len(samples) - 1)
    for number, (code, points) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(
            f"{'M' if i == 0 or at - points[i - 1][0] > _GAP * step else 'L'}"
            f"{_LEFT + at / until * (_RIGHT - _LEFT):.1f} {_LOW - value / top * (_LOW - _TOP):.1f}"
            for i, (at, value) in enumerate(points)
        )
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        yield f'<text x="{_LEFT + number * 60}" y="{_HIGH - 8}" fill="{colour}">{code}</text>'
    yield "</svg>"


def _points(
    samples: Sequence[Mapping[str, Any]], code: str, name: str
) -> list[tuple[float, float]]:
    return [
        (one["at_s"], one["countries"][code][name])
        for one in samples
        if one["countries"][code].get(name) is not None
    ]


def _median(samples: Sequence[Mapping[str, Any]], code: str, name: str) -> float:
    values = [value for _, value in _points(samples, code, name)]
    return statistics.median(values) if values else 0.0
