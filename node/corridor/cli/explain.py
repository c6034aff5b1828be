"""`corridor standards explain`: a message beside the record that a node makes of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import emit, json_option, read_file
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.standards.explain import Line

_WIDTH = 40
_NAMES = 32


@click.command("explain")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to this file.",
)
@click.option(
    "--dialect",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file with the dialect of your ASYCUDA.",
)
@json_option
def command(file: Path, page: Path | None, dialect: Path | None, as_json: bool) -> None:
    """Show a message beside its record, value by value, in the words of customs.

    Each value of the message, what became of it, what it is, and what the record has. Empty boxes
    are counted and not shown. With `--html` the same as a page that needs nothing else.
    """
    from corridor.cli.explain_page import page as page_of
    from corridor.gateway.dialects import read_dialect
    from corridor.standards.explain import explain
    from corridor.standards.mapper import Options
    from corridor.standards.standard import recognise

    options = Options(dialect=read_dialect(dialect))
    document = read_file(file, options.limits.max_bytes)
    known = recognise(document, options)
    mapped = known.standard.decode(document, options)
    lines = explain(mapped, known.standard.local(known.root))
    what = f"{known.standard.name} {known.message}"
    if page is not None:
        _write(page, page_of(file.name, what, lines))
    data: dict[str, Any] = {
        "path": str(file),
        "standard": known.standard.name,
        "message": known.message,
        "lines": [
            {
                "element": one.element,
                "value": one.value,
                "fate": one.fate.value,
                "field": one.field or None,
                "words": one.words or None,
                "held": one.held,
            }
            for one in lines
        ],
    }
    text = f"the page is in {page}" if page is not None else _text(what, lines)
    emit(data, text, as_json=as_json)


def _write(page: Path, content: str) -> None:
    try:
        page.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputTrouble(
            f"{page}: {error.strerror or error}", cure="name a file that can be written"
        ) from None


def _text(what: str, lines: "tuple[Line, ...]") -> str:
    shown = [line for line in lines if line.value]
    told = [f"{what}: {len(lines)} values and boxes, {len(lines) - len(shown)} of them empty"]
    group = None
    for line in shown:
        around, _, element = line.element.rpartition("/")
        if around != group:
            told += ["", around]
            group = around
        value = " / ".join(line.value.splitlines()).strip()
        held = "" if line.held == line.value else f" = {line.held}"
        words = f"{line.words}{held}" if line.words else "not in the record's fields"
        mark = "" if line.fate == "mapped" else f" ({line.fate.value})"
        told.append(f"  {element:<{_NAMES}}  {value[:_WIDTH]:<{_WIDTH}}  {words}{mark}")
    return "\n".join(told)
