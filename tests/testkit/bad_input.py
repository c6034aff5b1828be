"""Bad input of every kind: what came in, how it is refused, and what stays as it was.

The table of the manual (docs/manual/bad-input.md) is written from these cases, and each of them is
played against a running node: `tests/unit/gateway/test_bad_input.py`.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from builders_wire import declaration, long_declaration
from corridor.wire.v1 import local_pb2 as local

HUGE_BYTES = 3 * 1024 * 1024
"""More than the spool of the tests reads (1 MiB)."""


class Case(NamedTuple):
    """One kind of bad input."""

    gateway: str
    came: str
    """What came in, in words."""
    named: str
    """The reason or code by which it is refused."""
    make: Callable[..., object]
    """How to make it; what it takes depends on the gateway."""


def good() -> bytes:
    """A record that every partner takes."""
    return declaration().SerializeToString(deterministic=True)


def _file(name: str, content: bytes, folder: str = "GE") -> Callable[[Path], Path]:
    def make(out: Path) -> Path:
        place = out / folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{place.name}")
        partial.write_bytes(content)
        return partial.rename(place)

    return make


def _other(name: str, how: Callable[[Path], object]) -> Callable[[Path], Path]:
    def make(out: Path) -> Path:
        place = out / "GE" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        how(place)
        return place

    return make


def _huge(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(HUGE_BYTES)


def _socket(place: Path) -> None:
    here = Path.cwd()
    os.chdir(place.parent)  # a socket's path is short, a test's folder is not
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(place.name)
    finally:
        os.chdir(here)


def _hard_link(place: Path) -> None:
    other = place.parents[2] / "elsewhere.json"
    other.write_bytes(b"{}")
    place.hardlink_to(other)


_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_BOMB = f'{_XML}<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
_NO_RULES = declaration()
_NO_RULES.header.movement.ids[0].value = ""
_TOO_LARGE = long_declaration(documents=2_000).SerializeToString()

SPOOL = tuple(
    Case("spool folder", came, named, make)
    for came, named, make in (
        ("an empty file", "record_malformed", _file("empty.xml", b"")),
        ("a file of blanks", "record_malformed", _file("blank.json", b" \r\n\t")),
        ("a file larger than `spool.max_file_mib`", "record_too_large", _other("huge.bin", _huge)),
        ("a record larger than a record may be", "record_too_large", _file("l.pb", _TOO_LARGE)),
        ("JSON that breaks off", "record_malformed", _file("half.json", b'{"header": {"movem')),
        ("a JSON list", "record_malformed", _file("list.json", b"[]")),
        ("JSON in UTF-16", "character_set", _file("u.json", '{"header":{}}'.encode("utf-16"))),
        ("Latin-1 in JSON", "character_set", _file("l1.json", '{"a":"é"}'.encode("latin-1"))),
        ("Latin-1 in XML that says UTF-8", "character_set",
         _file("l1.xml", f"{_XML}<x>Türkiye</x>".encode("latin-1"))),
        ("XML with a document type and an entity", "source_malformed",
         _file("bomb.xml", _BOMB.encode())),
        ("XML that breaks off", "source_malformed",
         _file("cut.xml", b"<ncts:CC015C xmlns:ncts='x'")),
        ("a message that no mapper knows", "source_unsupported", _file("x.xml", b"<invoice/>")),
        ("a name that says XML on something else", "source_malformed", _file("n.xml", good())),
        ("bytes that are no protobuf", "record_malformed", _file("n.pb", b"\xff\xff\xff")),
        ("a record without a body", "record_type", _file("b.json", b'{"header": {}}')),
        ("a record that breaks rules of the schema", "record_invalid",
         _file("r.pb", _NO_RULES.SerializeToString())),
        ("a file for a country without agreement", "unknown_recipient",
         _file("q.pb", good(), folder="AM")),
        ("a folder whose name is no country", "unknown_recipient",
         _file("q.pb", good(), folder="../out/Georgia!")),
        ("a file in no folder of a partner", "unknown_recipient",
         _file("home.pb", good(), folder=".")),
        ("a lane that the spool may not claim", "lane_not_allowed",
         _file("u.pb", good(), folder="GE/urgent")),
        ("a symbolic link", "not_a_file",
         _other("link.xml", lambda p: p.symlink_to("/etc/passwd"))),
        ("a link to nothing", "not_a_file", _other("dangling", lambda p: p.symlink_to("none"))),
        ("a folder in a folder", "not_a_file", _other("folder", lambda p: p.mkdir())),
        ("a pipe", "not_a_file", _other("pipe.xml", os.mkfifo)),
        ("a socket", "not_a_file", _other("sock", _socket)),
        ("a file with a second name", "not_a_file", _other("second.json", _hard_link)),
    )
)  # fmt: skip
"""Each makes something in the out tray and returns its place."""

SOCKET = tuple(
    Case("local socket", came, named, make)
    for came, named, make in (
        ("bytes that are no record", "record_malformed", lambda: {"record": b"\xff"}),
        ("a record without a body", "record_type", lambda: {"record": b""}),
        ("a record larger than a record may be", "record_too_large",
         lambda: {"record": _TOO_LARGE}),
        ("a record that breaks rules of the schema", "record_invalid",
         lambda: {"record": _NO_RULES.SerializeToString()}),
        ("a partner without agreement", "unknown_recipient",
         lambda: {"record": good(), "recipient": "AM"}),
        ("a recipient that is none", "unknown_recipient",
         lambda: {"record": good(), "recipient": "Georgia!"}),
        ("a record id of five bytes", "record_malformed",
         lambda: {"record": good(), "record_id": b"short"}),
        ("a lane that `gateway.lanes` does not hold", "lane_not_allowed",
         lambda: {"record": good(), "lane": 1}),
    )
)  # fmt: skip
"""Each returns the fields of a LocalSubmission."""


def _asked(**request: Any) -> bytes:  # noqa: ANN401 - any of its fields
    return local.LocalRequest(**request).SerializeToString()


REQUESTS = tuple(
    Case("local socket", came, named, make)
    for came, named, make in (
        ("a request of a newer version", "request_unknown", lambda: b""),
        ("a search by something else", "term_unknown",
         lambda: _asked(find=local.FindRequest(kind="size", value="1"))),
        ("an acknowledgement, where another gateway acknowledges", "not_acknowledging",
         lambda: _asked(acknowledge=local.AcknowledgeRequest(up_to=1))),
    )
)  # fmt: skip
"""Each returns the bytes of a LocalRequest; the answer is an error of that code."""

SEND = tuple(
    Case("`corridor send`", came, named, make)
    for came, named, make in (
        ("a file that is not there", "system", lambda p: p / "none.json"),
        ("an empty file", "input", _file("e.json", b"", ".")),
        ("a file of more than 20 MiB", "input", lambda p: _sized(p / "huge.pb")),
        ("JSON in Latin-1", "character_set", _file("l.json", b'{"\xe9":1}', ".")),
        ("JSON that breaks off", "record_malformed", _file("h.json", b"{", ".")),
        ("XML with a document type", "source_malformed",
         _file("b.xml", _BOMB.encode(), ".")),
        ("a message that no mapper knows", "source_unsupported",
         _file("x.xml", b"<x/>", ".")),
    )
)  # fmt: skip
"""Each makes a file in a folder and returns it."""


def _sized(place: Path) -> Path:
    with place.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    return place


WEBHOOK = tuple(
    Case("webhook", came, named, make)
    for came, named, make in (
        ("an answer 500", "refused", lambda: b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n"),
        ("an answer 400", "refused", lambda: b"HTTP/1.1 400 no\r\ncontent-length: 0\r\n\r\n"),
        ("a redirect", "refused",
         lambda: b"HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
        ("an answer 410", "gone", lambda: b"HTTP/1.1 410 gone\r\ncontent-length: 0\r\n\r\n"),
        ("an answer that is no HTTP", "unreachable", lambda: b"220 mail.example ESMTP\r\n"),
        ("an answer that breaks off", "unreachable", lambda: b"HTTP/1.1 20"),
        ("a body that breaks off", "unreachable",
         lambda: b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
        ("no answer at all", "unreachable", lambda: b""),
        ("headers without end", "unreachable",
         lambda: b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000),
    )
)  # fmt: skip
"""Each returns what the other side sends before it closes."""

CASES = (*SOCKET, *REQUESTS, *SPOOL, *SEND, *WEBHOOK)
