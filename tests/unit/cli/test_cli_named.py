"""Every command that a page, an alert or a message names is there, with the options named."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from corridor.cli.main import cli

TREE = Path(__file__).resolve().parents[3]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "deploy/prometheus/*.py")
    for path in TREE.glob(pattern)
)
_QUOTED = re.compile(r"`(corridor [^`]*)`")
_TYPED = re.compile(r"^\s*(?:\$ )?(corridor [^#|\n]*)", re.MULTILINE)
_FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(
    group: click.Group, parent: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every command and group by its words, with its options."""
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        options = {one for param in command.params for one in (*param.opts, *param.secondary_opts)}
        yield (*path, name), {"--help", *options}
        if isinstance(command, click.Group):
            below = click.Context(command, parent=parent, info_name=name)
            yield from commands(command, below, (*path, name))


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, ...], set[str]]:
    return dict(commands(cli, click.Context(cli, info_name="corridor")))


def wrong(line: str, known: dict[tuple[str, ...], set[str]]) -> list[str]:
    """What a line names that is not there; what is no command word begins with neither."""
    words = [word.strip(".,;:)'") for word in line.split()[1:]]
    path: tuple[str, ...] = ()
    while len(path) < len(words) and (*path, words[len(path)]) in known:
        path = (*path, words[len(path)])
    if not path:
        return [line] if words and re.match(r"[a-z]", words[0]) else []
    named = [found[0] for word in words if (found := re.match(r"--[a-z][a-z-]*", word))]
    return [f"{line}: {one}" for one in named if one not in known[path]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_what_a_page_names_is_there(page: Path, known: dict[tuple[str, ...], set[str]]) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    typed = [line for block in _FENCE.findall(text) for line in _TYPED.findall(block)]
    lines = [one for one in (*_QUOTED.findall(text), *typed) if " ... " not in one]
    assert not [fault for line in lines for fault in wrong(line, known)]


@pytest.mark.parametrize(
    "line", ["corridor gone", "corridor doctor --gone", "corridor peer test XX --wait-s 3"]
)
def test_what_is_not_there_is_found(line: str, known: dict[tuple[str, ...], set[str]]) -> None:
    assert wrong(line, known)
