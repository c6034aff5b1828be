"""What the documents say is so, and what the code cites exists."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import corridor
from corridor import errors
from corridor.cli.main import cli

TREE = Path(__file__).resolve().parents[2]
PROTOCOL = TREE / "proto" / "PROTOCOL.md"
# PROTOCOL §4.1, PROTOCOL.md §9, or a list of them: PROTOCOL §4.1, §4.2
CITED = re.compile(
    r"PROTOCOL(?:\.md)? ((?:§§?[0-9][0-9.]*[0-9]|§[0-9])(?:(?:, | and | to )§[0-9][0-9.]*)*)"
)
NUMBER = re.compile(r"§+([0-9]+(?:\.[0-9]+)*)")
HEADING = re.compile(r"^#+ §? ?([0-9]+(?:\.[0-9]+)*)\.?\s", re.MULTILINE)


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository, those not yet committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [TREE / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def readable(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_every_paragraph_of_the_protocol_that_is_cited_exists() -> None:
    known = set(HEADING.findall(PROTOCOL.read_text()))
    # Rules such as R5 or E-2 stand inside their paragraph and are not cited by number alone.
    missing = [
        f"{path.relative_to(TREE)}: §{number}"
        for path in tracked("node/*.py", "proto/*.proto", "tests/*.py", "proto/*.md", "docs/*.md")
        for citation in CITED.findall(readable(path))
        for number in NUMBER.findall(citation)
        if number not in known
    ]
    assert missing == []


def test_every_paragraph_that_the_protocol_names_itself_exists() -> None:
    text = PROTOCOL.read_text()
    known = set(HEADING.findall(text))
    named = set(re.findall(r"(?<!\d )§([0-9]+(?:\.[0-9]+)*)", text))
    assert named - known == set()


def test_the_manual_lists_every_error_reason_and_configuration_key() -> None:
    run = subprocess.run(
        [sys.executable, str(TREE / "docs" / "manual" / "generate.py"), "--check"],
        env={**os.environ, "PYTHONPATH": str(TREE / "node")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{run.stderr}run `python docs/manual/generate.py`"


def test_every_error_has_a_code_of_its_own() -> None:
    def tree(error: type[errors.CorridorError]) -> list[type[errors.CorridorError]]:
        return [error, *(below for child in error.__subclasses__() for below in tree(child))]

    ours = [error for error in tree(errors.CorridorError) if error.__module__ == errors.__name__]
    codes = [error.code for error in ours]
    assert sorted(codes) == sorted(set(codes))


def test_the_commands_of_the_readme_exist() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*##", (TREE / "Makefile").read_text(), re.MULTILINE))
    readme = (TREE / "README.md").read_text()
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE))
    assert named
    assert named - verbs == set()


def test_the_issue_of_verbs_is_complete() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*##", (TREE / "Makefile").read_text(), re.MULTILINE))
    wanted = "setup proto fix lint type test fuzz demo bench clean check vectors help"
    assert set(wanted.split()) - verbs == set()


def test_every_command_that_a_document_shows_is_a_command() -> None:
    unknown = [
        f"{path.relative_to(TREE)}: corridor {words}"
        for path in tracked("README.md", "docs/*.md", "deploy/*.md")
        for words in re.findall(r"\bcorridor ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", fenced(path))
        if not is_command(words.split())
    ]
    assert unknown == []


def is_command(words: list[str]) -> bool:
    """Whether the first words after `corridor` name a command; an argument ends the search."""
    group: click.Command | None = cli
    for word in words:
        if not isinstance(group, click.Group):
            return True
        group = group.get_command(click.Context(group), word)
    return group is not None


def fenced(path: Path) -> str:
    """Blocks of commands in a document, comments in them left out."""
    blocks = re.findall(
        r"^```(?:sh|console)\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL
    )
    return "\n".join(
        re.sub(r"(^|\s)#.*", "", line) for block in blocks for line in block.split("\n")
    )


def test_every_metric_that_a_document_names_exists() -> None:
    sources = "".join(readable(path) for path in tracked("node/corridor/daemon/*.py"))
    unknown = [
        f"{path.relative_to(TREE)}: {name}"
        for path in tracked("docs/*.md", "deploy/*", "README.md")
        for name in re.findall(
            r"\bcorridor_[a-z_]+(?:_total|_seconds|_records|_connected|_open)\b", readable(path)
        )
        if f'"{name}"' not in sources
    ]
    assert unknown == []


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    versions = re.findall(r"^## ([0-9][^\s]*)", (TREE / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == corridor.__version__


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(TREE)}: {target}"
        for path in tracked("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", readable(path))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    decisions = sorted((TREE / "docs" / "decisions").glob("0*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    index = (TREE / "docs" / "decisions" / "README.md").read_text()
    assert [path.name for path in decisions if path.name not in index] == []


def test_no_file_names_a_package_host_or_a_path_of_one_machine() -> None:
    # Put together here so that this file does not find itself.
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "deb.debian" + ".org", "npmjs" + ".org"]
    paths = ["/work" + "/main", "/work" + "/shared", "/root" + "/", "/home" + "/"]
    named = [
        f"{path.relative_to(TREE)}: {word}"
        for path in tracked()
        for word in [*hosts, *paths]
        if word in readable(path)
    ]
    assert named == []


def test_the_locks_are_hashed_and_name_no_address() -> None:
    run = subprocess.run(
        [str(TREE / "requirements" / "check.sh")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
