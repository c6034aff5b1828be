"""The page that shows a document beside its record: one file, no script, nothing from elsewhere."""

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corridor.standards.explain import Line

_STYLE: Final = """
:root { color-scheme: light dark; --line: #d8dce2; --soft: #68707c; --back: #fff; --ink: #1b1f24;
  --mapped: #1a7f4b; --narrowed: #9a6700; --residual: #5a4fcf; --dropped: #c02626; }
@media (prefers-color-scheme: dark) { :root { --line: #333a44; --soft: #98a2b0; --back: #14171b;
  --ink: #e6e9ed; --mapped: #4cc38a; --narrowed: #e0a93b; --residual: #a79bff;
  --dropped: #ff7b72; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 84rem; padding: 2rem 1.5rem 4rem; background: var(--back);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
p { margin: .25rem 0 1rem; color: var(--soft) }
ul { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; list-style: none; padding: 0 }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin-top: 1rem }
th { text-align: left; font-weight: 600; color: var(--soft); position: sticky; top: 0;
  background: var(--back) }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere }
td.place { font: 12.5px/1.5 ui-monospace, monospace; color: var(--soft) }
td.group { padding-top: 1.4rem; font-weight: 600 }
td.text { white-space: pre-line }
.fate { font-weight: 600 }
.mapped { color: var(--mapped) } .narrowed { color: var(--narrowed) }
.residual { color: var(--residual) } .dropped { color: var(--dropped) }
col.fate { width: 7rem } summary { cursor: pointer; margin-top: 1.5rem }
@media (max-width: 50rem) { td.place, th.place, col.place { display: none } }
"""
_SAYS: Final = {
    "mapped": "the record has it, with the same characters",
    "narrowed": "the record has it, with other characters; the original ones travel beside it",
    "residual": "the record has no place for it; it travels word for word",
    "dropped": "it does not travel",
}


def page(title: str, standard: str, lines: "Iterable[Line]") -> str:
    """Return the page of a document: what it says, and what its record makes of it."""
    told = list(lines)
    filled = [line for line in told if line.value]
    empty = len(told) - len(filled)
    counts = "".join(
        f'<li><span class="fate {fate}">{sum(line.fate == fate for line in told)} {fate}</span>'
        f" {says}</li>"
        for fate, says in _SAYS.items()
        if fate in {"mapped", *(line.fate.value for line in told)}
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(standard)}: {len(told)} values and boxes, {empty} of them empty and not shown.</p>
<ul>{counts}</ul>
<table>
<colgroup><col class="place"><col><col class="fate"><col><col></colgroup>
<thead><tr><th class="place">in the document</th><th>it says</th><th>the record</th>
<th>what it is</th><th>the record says</th></tr></thead>
<tbody>
{_rows(filled)}
</tbody>
</table>
</body>
</html>
"""


def _rows(lines: "list[Line]") -> str:
    found, before = [], None
    for line in lines:
        group, _, element = line.element.rpartition("/")
        if group != before:
            found.append(f'<tr><td class="group" colspan="5">{escape(group)}</td></tr>')
            before = group
        held = "=" if line.held == line.value else line.held
        cells = (
            ("place", element),
            ("text", line.value),
            (f"fate {line.fate.value}", line.fate.value),
            ("words", line.words),
            ("text", held),
        )
        row = "".join(f'<td class="{kind}">{escape(text)}</td>' for kind, text in cells)
        found.append(f"<tr>{row}</tr>")
    return "\n".join(found)
