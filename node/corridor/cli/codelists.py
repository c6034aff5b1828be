"""`corridor codelists`: published lists of codes as signed files, and what changed in them."""

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.errors import ConfigurationError, CorridorError, ExitStatus, InputTrouble

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.gateway.codelist_file import SignedList
    from corridor.seal.keys import SigningKey
    from corridor.standards.codelist import CodeList, Unknown

_PLACE = click.Path(path_type=Path, exists=True)
_SHOWN = 20


@click.group("codelists")
def command() -> None:
    """Import published code lists as signed files; list, check and compare them."""


@command.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...",
                type=click.Path(path_type=Path, exists=True, dir_okay=False))  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder for the signed lists; made where there is none.")  # fmt: skip
@click.option("--keys", "keys_at", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Sign with the key in this folder (a registry body's, an administration's)"
              " instead of the node's.")  # fmt: skip
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="A private file whose first line unlocks the keys in --keys.")  # fmt: skip
@click.option("--unknown", type=click.Choice(["warn", "refuse"]), default="warn",
              show_default=True, help="What a code means that is not on the list.")  # fmt: skip
@click.option("--only", multiple=True, metavar="CL017", help="Only this list; may be repeated.")
@click.option("--name", default="", help="What the list is called, where the file does not say.")
@click.option("--version", default="", metavar="YYYY-MM-DD",
              help="Day of publication, where the file does not say.")  # fmt: skip
@click.option("--source", default="", help="Who published it, in words.")
@config_option
@json_option
def import_(
    files: tuple[Path, ...],
    out: Path,
    keys_at: Path | None,
    passphrase_file: Path | None,
    unknown: str,
    only: tuple[str, ...],
    name: str,
    version: str,
    source: str,
    config_path: Path,
    as_json: bool,
) -> None:
    """Read published lists and sign each as a file.

    FILE is an extract of the EC's reference data (CS/RD2, COL) or a single list, as XML or JSON,
    compressed with gzip or not. Who signs vouches for the codes: nodes believe lists by the keys
    that signed them.

    \b
    corridor codelists import RD_NCTS-P5.json.gz --out codelists
    corridor codelists import CL017.xml --version 2026-11-26 --keys un-keys --out codelists
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.clock import unix_ms
    from corridor.daemon.config import load_config
    from corridor.gateway.codelist_file import make_list_file
    from corridor.gateway.codelists import file_name, write_lists
    from corridor.standards.codelist import Unknown

    if passphrase_file is not None and keys_at is None:
        raise click.UsageError("--passphrase-file unlocks the keys in --keys: name both")
    lists: dict[str, CodeList] = {}
    for path in files:
        made = _lists_of(path, name or _stem(path), version, Unknown(unknown), source)
        lists |= {file_name(one): one for one in made if not only or one.number in only}
    if not lists:
        raise InputTrouble(f"none of {', '.join(only)} is in there", cure="look at --only")
    key = _folder_key(keys_at, passphrase_file) if keys_at else node_key(load_config(config_path))
    now_ms = unix_ms()
    signed = {name: make_list_file(one, key, now_ms) for name, one in lists.items()}
    write_lists(out, signed)
    told = [_told(one, key.key_id, now_ms) for one in lists.values()]
    text = f"{len(told)} lists in {out}, signed by {key.key_id.hex()}"
    emit({"folder": str(out), "signer": key.key_id.hex(), "lists": told}, text, as_json=as_json)


@command.command("list")
@click.argument("place", type=_PLACE)
@json_option
def list_(place: Path, as_json: bool) -> None:
    """Show the lists of a folder, or one file: version, codes, who signed it and when.

    That a file is whole is verified; whether its signer is to be believed is for you to say.
    """
    found = list(_read(place, None))
    rows = [
        (one.codes.number, one.codes.name, one.codes.version, str(len(one.codes.entries)),
         one.codes.unknown.value, one.key_id.hex(), when(one.signed_ms))
        for one in found
    ]  # fmt: skip
    head = ("list", "name", "version", "codes", "unknown", "signer", "signed")
    told = [_told(one.codes, one.key_id, one.signed_ms) for one in found]
    emit({"lists": told}, table(rows, head), as_json=as_json)


@command.command("check")
@click.argument("place", type=_PLACE)
@click.option("--signer", "signers", multiple=True, metavar="KEYID",
              help="A key that is believed; may be repeated. Without it any key is.")  # fmt: skip
@json_option
def check(place: Path, signers: tuple[str, ...], as_json: bool) -> None:
    """Verify each list of a folder, or one file; the exit status is 0 only if all are good."""
    from corridor.gateway.codelists import list_files, read_file

    trusted = frozenset(key_id(one) for one in signers) or None
    told: list[dict[str, Any]] = []
    for path in list_files(place):
        entry: dict[str, Any] = {"path": str(path), "good": True, "fault": None}
        try:
            entry |= _of(read_file(path, trusted, words=False))
        except ConfigurationError as error:
            entry |= {"good": False, "fault": error.message}
        told.append(entry)
    bad = [one for one in told if not one["good"]]
    lines = [
        *(f"BAD  {one['fault']}" for one in bad),
        f"{len(told) - len(bad)} of {len(told)} good",
    ]
    emit({"files": told}, "\n".join(lines), as_json=as_json)
    if bad or not told:
        sys.exit(ExitStatus.TRUST if bad else ExitStatus.FAILED)


@command.command("diff")
@click.argument("old", type=_PLACE)
@click.argument("new", type=_PLACE)
@json_option
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Show what one version of a list, or of a folder of lists, changed in the other.

    Of a folder the newest version of each list counts.
    """
    before, after = _newest(old), _newest(new)
    told = [
        _changes(before.get(number), after.get(number))
        for number in sorted(before.keys() | after.keys())
    ]
    changed = [one for one in told if one["added"] or one["removed"] or one["changed"]]
    text = "\n".join(_lines(one) for one in changed) or "no difference"
    emit({"lists": told}, text, as_json=as_json)


def _lists_of(
    path: Path, name: str, version: str, unknown: "Unknown", source: str
) -> "Sequence[CodeList]":
    from corridor.standards.codelist_import import lists_in

    content = _content(path)
    try:
        return lists_in(content, name=name, version=version, unknown=unknown, source=source)
    except InputTrouble as trouble:
        raise InputTrouble(f"{path}: {trouble.message}", cure=trouble.cure) from None


def _content(path: Path) -> bytes:
    """Read a file, unpacked where it is packed, never more than a published file may have."""
    from corridor.standards.codelist_import import MAX_BYTES

    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not packed:
                return file.read(MAX_BYTES + 1)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return unpacked.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputTrouble(f"{path}: {error}", cure="give the file as it was published") from None


def _stem(path: Path) -> str:
    """Return what a single list is called by the name of its file."""
    return path.name.partition(".")[0]


def _folder_key(place: Path, passphrase_file: Path | None) -> "SigningKey":
    from corridor.daemon.keystore import KeyRole, KeyStore

    store = KeyStore(place, passphrase_file=passphrase_file)
    for role in (KeyRole.REGISTRY, KeyRole.IDENTITY, KeyRole.SIGN):
        if found := store.signing_keys(role):
            return found[min(found)]
    raise _no_key(place)


def node_key(config: "NodeConfig") -> "SigningKey":
    """Return the node's key that signs: one that may now; before it has joined, any.

    Raises:
        KeyTrouble: There is none, or it does not open.
    """
    from corridor.daemon.clock import unix_ms
    from corridor.daemon.keystore import KeyRole
    from corridor.daemon.trust_keeper import open_keys, open_trust, usable_key

    found = open_keys(config.keys).signing_keys(KeyRole.SIGN)
    if not found:
        raise _no_key(config.keys.directory)
    usable = None
    with suppress(ConfigurationError, CorridorError):
        now_ms = unix_ms()
        usable = usable_key(open_trust(config).load(now_ms), config.endpoint, found, now_ms)
    return usable or found[min(found)]


def _no_key(place: Path) -> CorridorError:
    from corridor.errors import KeyTrouble

    return KeyTrouble(f"{place} holds no key that signs", cure="name the folder of such a key")


def _read(place: Path, trusted: frozenset[bytes] | None) -> "Iterator[SignedList]":
    from corridor.gateway.codelists import list_files, read_file

    for path in list_files(place):
        yield read_file(path, trusted)


def _told(codes: "CodeList", key_id: bytes, signed_ms: int) -> dict[str, Any]:
    return {
        "number": codes.number, "name": codes.name, "version": codes.version,
        "source": codes.source, "unknown": codes.unknown.value, "codes": len(codes.entries),
        "signer": key_id.hex(), "signed_ms": signed_ms,
    }  # fmt: skip


def _of(found: "SignedList") -> dict[str, Any]:
    return _told(found.codes, found.key_id, found.signed_ms)


def key_id(text: str) -> bytes:
    """Return the key id that an option names, in whatever groups.

    Raises:
        BadParameter: It is none.
    """
    plain = text.replace(" ", "").replace(":", "").replace("-", "")
    try:
        raw = bytes.fromhex(plain)
    except ValueError:
        raw = b""
    if len(raw) != 16:  # noqa: PLR2004 - PROTOCOL §2.3
        raise click.BadParameter("a key id is 32 hexadecimal digits", param_hint="--signer")
    return raw


def _newest(place: Path) -> "dict[str, CodeList]":
    found: dict[str, CodeList] = {}
    for one in _read(place, None):
        held = found.get(one.codes.number)
        if held is None or held.version < one.codes.version:
            found[one.codes.number] = one.codes
    return found


def _changes(old: "CodeList | None", new: "CodeList | None") -> dict[str, Any]:
    before, after = (one.entries if one else {} for one in (old, new))
    there = new or old
    return {
        "number": there.number if there else "",
        "old": old.version if old else None,
        "new": new.version if new else None,
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": sorted(
            code for code in before.keys() & after.keys() if before[code] != after[code]
        ),
    }


def _lines(one: dict[str, Any]) -> str:
    lines = [f"{one['number']}: {one['old'] or 'not there'} -> {one['new'] or 'not there'}"]
    lines += [
        f"  {sign} {_some(one[key])}"
        for key, sign in (("added", "+"), ("removed", "-"), ("changed", "~"))
        if one[key]
    ]
    return "\n".join(lines)


def _some(codes: Sequence[str]) -> str:
    more = len(codes) - _SHOWN
    return " ".join(codes[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
