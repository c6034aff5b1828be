"""Code lists as signed files: made, read, believed or not, damaged, and judged by."""

import gzip
import json
from pathlib import Path

import pytest

from builders_cli import corridor
from corridor.daemon.config_standards import StandardsSection
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.errors import ConfigurationError, Reason, Refused
from corridor.gateway import codelists
from corridor.gateway.codelist_file import make_list_file, read_list_file
from corridor.gateway.codelists import ListFolder, file_name, read_file, write_lists
from corridor.gateway.contents import read_named
from corridor.gateway.manner import read_manner
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.standards.codelist import CodeList, Entry, Period, Unknown
from corridor.trust.statements import Signed, sign
from corridor.wire import codelists as wire
from corridor.wire.statements import encode_statement, parse_signed

KEY = SigningKey.generate()
CC015C = (Path(__file__).parents[2] / "fixtures/ncts/cc015c.xml").read_bytes()
TYPE = CC015C.partition(b"<declarationType>")[2].partition(b"<")[0].decode()


def made(*codes: str, version: str = "2025-02-12", unknown: Unknown = Unknown.WARN) -> CodeList:
    entries = {code: Entry((Period("2024-01-01"),), f"type {code}") for code in codes}
    return CodeList("CL231", "DeclarationType", version, "EC", unknown, entries)


def folder_with(place: Path, *lists: CodeList, key: SigningKey = KEY) -> Path:
    write_lists(place, {file_name(one): make_list_file(one, key, 1) for one in lists})
    return place


def test_a_list_comes_back_from_its_file_with_who_signed_it_and_when() -> None:
    codes = made("T2", "T1", unknown=Unknown.REFUSE)
    raw = make_list_file(codes, KEY, 1_700_000_000_000)
    found = read_list_file(raw, {KEY.key_id})
    assert found.codes == codes
    assert (found.key_id, found.signed_ms) == (KEY.key_id, 1_700_000_000_000)
    assert make_list_file(codes, KEY, 1_700_000_000_000) == raw
    plain = read_list_file(raw, words=False).codes.entries
    assert plain["T1"] == Entry((Period("2024-01-01"),))
    assert plain["T1"] is plain["T2"]


def test_a_list_is_believed_by_its_key() -> None:
    with pytest.raises(Refused) as caught:
        read_list_file(make_list_file(made("T1"), KEY, 1), {SigningKey.generate().key_id})
    assert caught.value.reason is Reason.UNKNOWN_SIGNER


def test_every_damaged_byte_is_seen() -> None:
    raw = make_list_file(made("T1"), KEY, 1)
    for place in range(len(raw)):
        broken = bytearray(raw)
        broken[place] ^= 1
        with pytest.raises(Refused):
            read_list_file(bytes(broken), {KEY.key_id})
    for end in (0, 1, len(raw) - 1):
        with pytest.raises(Refused):
            read_list_file(raw[:end])
    with pytest.raises(Refused):
        read_list_file(raw + b"\0")


def test_a_statement_of_another_kind_is_no_list() -> None:
    other = sign(PayloadType.DELEGATION, Signed.of(
        parse_signed(make_list_file(made("T1"), KEY, 1)), {PayloadType.CODE_LIST: 10**6}
    ).payload, [KEY])  # fmt: skip
    with pytest.raises(Refused) as caught:
        read_list_file(other.to_bytes())
    assert caught.value.reason is Reason.STATEMENT_MALFORMED


def signed(message: wire.CodeList, *keys: SigningKey) -> bytes:
    return sign(PayloadType.CODE_LIST, encode_statement(message), keys or [KEY]).to_bytes()


def payload(**changes: object) -> wire.CodeList:
    raw = Signed.of(
        parse_signed(make_list_file(made("T1", "T2"), KEY, 1)), {PayloadType.CODE_LIST: 10**6}
    )
    message = wire.parse_code_list(raw.payload)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "cl231"}, {"number": ""}, {"name": "a b"}, {"version": "12.2.2025"},
        {"source": "x" * 513}, {"unknown": 0}, {"unknown": 7},
    ],
)  # fmt: skip
def test_a_signed_file_that_is_no_list_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        read_list_file(signed(payload(**changes)))
    assert caught.value.reason is Reason.STATEMENT_MALFORMED


def test_codes_of_a_file_stand_once_in_order_and_within_their_limits() -> None:
    for codes in (["B", "A"], ["A", "A"], [""], ["x" * 36], []):
        message = payload()
        del message.codes[:]
        message.codes.extend(wire.ListedCode(code=code) for code in codes)
        with pytest.raises(Refused):
            read_list_file(signed(message))
    message = payload()
    message.codes[0].words = "x" * 513
    with pytest.raises(Refused):
        read_list_file(signed(message))


@pytest.mark.parametrize(
    "periods",
    [
        [("soon", "")], [("", "never")], [("2025-01-02", "2025-01-01")],
        [("2025-01-01", ""), ("2026-01-01", "")],
        [("2026-01-01", "2026-02-01"), ("2025-01-01", "")],
    ],
)  # fmt: skip
def test_periods_of_a_code_ascend(periods: list[tuple[str, str]]) -> None:
    codes = CodeList(
        "CL1", "x", "2025-01-01", entries={"A": Entry(tuple(Period(*p) for p in periods))}
    )
    with pytest.raises(Refused):
        make_list_file(codes, KEY, 1)


def test_a_list_has_one_signature() -> None:
    with pytest.raises(Refused, match="one signature"):
        read_list_file(signed(payload(), KEY, SigningKey.generate()))


# --- a folder ---------------------------------------------------------------------------------


def test_of_several_versions_that_stands_which_was_newest_on_the_day(tmp_path: Path) -> None:
    folder_with(tmp_path, made("T1", version="2024-01-01"), made("T2", version="2025-01-01"))
    lists = ListFolder(tmp_path, {KEY.key_id})

    def there(day: str) -> str:
        found = lists.named("CL231", day)
        assert found is not None
        return found.version

    assert [there(day) for day in ("2023-01-01", "2024-06-01", "2025-01-01", "")] == [
        "2024-01-01", "2024-01-01", "2025-01-01", "2025-01-01",
    ]  # fmt: skip
    assert lists.named("CL017", "") is None
    assert lists.named("CL231", "") is lists.named("CL231", "2026-01-01")
    assert len(list(lists.check())) == 2


def test_a_folder_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        ListFolder(tmp_path / "away", None)
    folder_with(tmp_path, made("T1"))
    monkeypatch.setattr(codelists, "_MAX_FILES", 0)
    with pytest.raises(ConfigurationError, match="more than 0"):
        ListFolder(tmp_path, None)
    monkeypatch.undo()
    (tmp_path / "mine.codelist").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="not called like a code list"):
        ListFolder(tmp_path, None)


def test_a_file_that_is_away_renamed_or_of_somebody_else_is_told(tmp_path: Path) -> None:
    folder_with(tmp_path, made("T1"))
    path = tmp_path / "CL231.2025-02-12.codelist"
    other = path.rename(tmp_path / "CL017.2025-02-12.codelist")
    with pytest.raises(ConfigurationError, match="holds CL231"):
        read_file(other, None)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_file(path, None)
    with pytest.raises(ConfigurationError, match="unknown_signer"):
        ListFolder(tmp_path, {b"x" * 16}).named("CL017", "")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="file"):
        write_lists(tmp_path / "file", {"a": b""})


# --- a node -----------------------------------------------------------------------------------


def test_a_node_judges_by_the_lists_that_its_configuration_names(tmp_path: Path) -> None:
    folder_with(tmp_path, made("T9", unknown=Unknown.REFUSE))
    section = StandardsSection(codelists=tmp_path, codelist_signers=(KEY.key_id.hex(),))
    with pytest.raises(Refused) as caught:
        read_named("a.xml", CC015C, manner=read_manner(section, whole=True))
    assert caught.value.reason is Reason.CODE_UNKNOWN
    folder_with(tmp_path, made(TYPE, unknown=Unknown.REFUSE))
    assert read_named("a.xml", CC015C, manner=read_manner(section)).record


def test_a_node_does_not_start_with_a_list_that_nobody_vouches_for(tmp_path: Path) -> None:
    folder_with(tmp_path, made("T1"), key=SigningKey.generate())
    section = StandardsSection(codelists=tmp_path, codelist_signers=(KEY.key_id.hex(),))
    assert read_manner(section)  # a command reads a list when it needs it
    with pytest.raises(ConfigurationError, match="unknown_signer"):
        read_manner(section, whole=True)


def test_a_configuration_says_whose_lists_are_believed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="say whose lists"):
        StandardsSection(codelists=tmp_path)
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        StandardsSection(codelist_signers=("me",))
    grouped = " ".join(KEY.key_id.hex()[n : n + 4].upper() for n in range(0, 32, 4))
    assert StandardsSection(codelist_signers=(grouped,)).codelist_signers == (KEY.key_id.hex(),)


# --- the commands -----------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    KeyStore(tmp_path / "keys").add_signing(KeyRole.REGISTRY, KEY)
    return tmp_path / "keys"


def published(place: Path, *codes: str, day: str = "2025-02-12") -> Path:
    entries = [{"code": code, "state": "valid", "description": code.lower()} for code in codes]
    lists = {"DeclarationType": {"listName": "DeclarationType", "listEntries": entries}}
    told = {"messageInformation": {"snapshotDate": day}, "lists": lists}
    place.write_bytes(gzip.compress(json.dumps(told).encode()))
    return place


def test_lists_are_imported_listed_checked_and_compared(tmp_path: Path, keys: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    first = published(tmp_path / "a.json.gz", "T1", "T2", day="2024-02-12")
    said = corridor("codelists", "import", first, "--out", old, "--keys", keys, "--json")
    assert said.status == 0
    assert said.json["signer"] == KEY.key_id.hex()
    second = published(tmp_path / "b.json.gz", "T2", "T3")
    corridor("codelists", "import", second, "--out", new, "--keys", keys, "--unknown", "refuse")

    (one,) = corridor("codelists", "list", new, "--json").json["lists"]
    assert (one["number"], one["version"], one["codes"]) == ("CL231", "2025-02-12", 2)
    assert one["unknown"] == "refuse"
    assert "DeclarationType" in corridor("codelists", "list", new).out

    signer = KEY.key_id.hex()
    assert corridor("codelists", "check", new, "--signer", signer).out == "1 of 1 good\n"
    strange = corridor("codelists", "check", new, "--signer", "0" * 32)
    assert strange.status == 5
    assert "BAD" in strange.out
    assert corridor("codelists", "check", new, "--signer", "me").status == 2
    assert corridor("codelists", "check", keys).status == 1  # nothing in it

    (change,) = corridor("codelists", "diff", old, new, "--json").json["lists"]
    assert (change["added"], change["removed"], change["changed"]) == (["T3"], ["T1"], [])
    told = corridor("codelists", "diff", old, new).out
    assert told == "CL231: 2024-02-12 -> 2025-02-12\n  + T3\n  - T1\n"
    assert corridor("codelists", "diff", new, new).out == "no difference\n"


def test_what_cannot_be_imported_is_told(tmp_path: Path, keys: Path) -> None:
    first = published(tmp_path / "a.json.gz", "T1")
    whole = ("codelists", "import", first, "--out", tmp_path / "out", "--keys")
    assert "none of CL017" in corridor(*whole, keys, "--only", "CL017").err
    half = corridor(*whole[:-1], "--passphrase-file", first)
    assert (half.status, "name both" in half.err) == (2, True)
    (tmp_path / "empty").mkdir(mode=0o700)
    assert "no key that signs" in corridor(*whole, tmp_path / "empty").err
    broken = tmp_path / "broken.json.gz"
    broken.write_bytes(first.read_bytes()[:20])
    said = corridor("codelists", "import", broken, "--out", tmp_path / "out", "--keys", keys)
    assert said.status != 0
    assert "broken.json.gz" in said.err
    assert not (tmp_path / "out").exists()


def test_files_are_judged_by_lists_and_rules_on_the_first_day(tmp_path: Path, keys: Path) -> None:
    lists = tmp_path / "lists"
    raw = published(tmp_path / "a.json.gz", "T9")
    corridor("codelists", "import", raw, "--out", lists, "--keys", keys)
    (tmp_path / "m").mkdir()
    path = tmp_path / "m/a.xml"
    path.write_bytes(CC015C)
    said = corridor("standards", "check", path, "--codelists", lists)
    assert said.status == 0
    assert "warning: CC015C/TransitOperation/declarationType: CL231: the code is not" in said.out
    refused = corridor("standards", "check", path, "--codelists", lists, "--signer", "0" * 32)
    assert "unknown_signer" in refused.err
    path.write_bytes(CC015C.replace(b"<numberOfSeals>", b"<numberOfSeals>9", 1))
    assert corridor("standards", "check", path).status == 0
    hard = corridor("standards", "check", path, "--rules", "refuse")
    assert hard.status == 1
    assert "rule_broken: R0106: the number of seals is the last number" in hard.out


def test_the_rules_that_are_evaluated_are_shown_and_counted() -> None:
    told = corridor("standards", "rules", "--json").json
    assert told["evaluated"] == len({one["id"] for one in told["rules"]}) >= 100
    assert told["published"] == 455
    assert f"{told['evaluated']} of the 455 published rules" in corridor("standards", "rules").out
    one = corridor("standards", "rules", "r0028").out
    assert one.startswith("R0028: the check digit is wrong\n  in CC007C")
    assert "not evaluated: C0004" in corridor("standards", "rules", "C0004").err
