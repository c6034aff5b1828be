"""Before a message leaves, its sender is told which country on the way will refuse it, and why."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builders_cli import corridor
from corridor.daemon.config import load_config
from corridor.daemon.keystore import KeyRole
from corridor.daemon.trust_keeper import open_keys
from corridor.errors import ConfigurationError, Reason, Refused
from corridor.gateway.acceptances import (
    accepted_lists,
    make_acceptance,
    read_acceptance,
    read_acceptances,
)
from corridor.gateway.codelist_file import make_list_file
from corridor.gateway.codelists import ListFolder, file_name, write_lists
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.standards.acceptance import Acceptance, AcceptedList, countries_of
from corridor.standards.codelist import CodeList, Entry, Unknown
from corridor.standards.judging import Rules
from corridor.standards.mapper import Options
from corridor.standards.ncts.judge import RULE_SET
from corridor.standards.ncts.mapper import decode
from corridor.standards.preflight import Bench, Forecast, forecast, foresee
from corridor.trust.statements import Signed, sign
from corridor.wire import acceptances as wire
from corridor.wire.statements import encode_statement, parse_signed
from corridor.wire.v1.records_pb2 import TransitRecord

KEY = SigningKey.generate()
NCTS = Path(__file__).parents[2] / "fixtures/ncts"
CC015C = (NCTS / "cc015c.xml").read_bytes()
TYPE = CC015C.partition(b"<declarationType>")[2].partition(b"<")[0].decode()
COUNTRIES = countries_of(decode(CC015C, Options()).record)
DAY = "2025-02-12"
P5 = {"NCTS-P5": frozenset[str]()}


def types(*codes: str, unknown: Unknown = Unknown.WARN) -> CodeList:
    entries = {code: Entry() for code in codes}
    return CodeList("CL231", "DeclarationType", DAY, "", unknown, entries)


def lists(place: Path, *codes: CodeList) -> ListFolder:
    write_lists(place, {file_name(one): make_list_file(one, KEY, 1) for one in codes})
    return ListFolder(place, None)


def says(
    country: str, standards: dict[str, frozenset[str]] | None = None,
    rules: Rules = Rules.WARN, named: dict[str, AcceptedList] | None = None, issued_ms: int = 1,
) -> Acceptance:  # fmt: skip
    return Acceptance(f"{country}.RS", issued_ms, standards or P5, rules, named or {})


def first(document: bytes, said: Acceptance, here: ListFolder) -> Forecast:
    told = forecast(document, Options(), {said.endpoint[:2]: said}, here)
    (found,) = [one for one in told if one.country == said.endpoint[:2]]
    return found


def broken() -> bytes:
    raw = CC015C.replace(b"<numberOfSeals>", b"<numberOfSeals>9", 1)
    assert raw != CC015C
    return raw


def test_the_countries_on_the_way_are_those_of_its_offices() -> None:
    assert COUNTRIES[0] == "TR"
    assert len(COUNTRIES) == len(set(COUNTRIES)) >= 2


def test_an_office_that_names_no_country_is_on_nobodys_way() -> None:
    record = TransitRecord()
    for reference, country in (("GE000001", ""), ("0-unknown", ""), ("", ""), ("XX1", "TR")):
        record.discharge.offices.add(reference=reference, country=country)
    assert countries_of(record) == ("GE", "TR")


def test_a_country_that_has_published_nothing_has_not_said(tmp_path: Path) -> None:
    told = forecast(CC015C, Options(), {}, lists(tmp_path))
    assert told == tuple(Forecast(country) for country in COUNTRIES)


def test_a_country_judges_by_its_own_rules(tmp_path: Path) -> None:
    here, country = lists(tmp_path), COUNTRIES[1]
    mild = first(broken(), says(country), here)
    assert (mild.said, mild.refusals) == (True, ())
    strict = first(broken(), says(country, rules=Rules.REFUSE), here)
    assert "R0106" in {one.rule for one in strict.refusals}
    assert {one.reason for one in strict.refusals} == {Reason.RULE_BROKEN}


def test_a_country_judges_by_its_own_lists_where_they_are_at_hand(tmp_path: Path) -> None:
    country = COUNTRIES[1]
    theirs = accepted_lists(lists(tmp_path / "theirs", types("T9", unknown=Unknown.REFUSE)))
    here = lists(tmp_path / "ours", types("T9"))  # the same codes, which only warn here
    (why,) = first(CC015C, says(country, named=theirs), here).refusals
    assert (why.rule, why.reason) == ("CL231", Reason.CODE_UNKNOWN)
    other = lists(tmp_path / "other", types(TYPE))
    found = first(CC015C, says(country, named=theirs), other)
    assert (found.refusals, found.not_at_hand) == ((), (f"CL231 {DAY}",))
    none = first(CC015C, says(country, named=theirs), lists(tmp_path / "none"))
    assert none.not_at_hand == (f"CL231 {DAY}",)
    mild = {"CL231": replace(theirs["CL231"], unknown=Unknown.WARN)}
    warns = first(CC015C, says(country, named=mild), lists(tmp_path / "none"))
    assert warns.not_at_hand == ()  # it cannot refuse by that list


def test_rules_of_another_publication_are_not_looked_at(tmp_path: Path) -> None:
    here, country = lists(tmp_path), COUNTRIES[1]
    said = replace(says(country, rules=Rules.REFUSE), rule_set="6.0-9")
    assert first(CC015C, said, here).not_at_hand == ("rules 6.0-9",)
    assert first(CC015C, replace(said, rule_set=RULE_SET), here).not_at_hand == ()
    assert first(CC015C, replace(said, rules=Rules.WARN), here).not_at_hand == ()


def record_of(document: bytes) -> TransitRecord:
    return decode(document, Options()).record


def seen(record: TransitRecord, said: Acceptance, here: ListFolder, kind: int = 1) -> Forecast:
    benches = {said.endpoint[:2]: Bench(said, here)}
    (told,) = foresee(record, kind, benches, Options(), [said.endpoint[:2]])
    return told


def test_a_record_is_judged_as_the_message_that_it_came_from(tmp_path: Path) -> None:
    here, country = lists(tmp_path), COUNTRIES[1]
    for document in (CC015C, broken()):
        for said in (
            says(country),
            says(country, rules=Rules.REFUSE),
            says(country, {"NCTS-P5": frozenset({"CC029C"})}),
            says(country, {"EDIFACT": frozenset()}),
            says(country, {"NCTS-P6": frozenset()}),
        ):
            assert seen(record_of(document), said, here) == first(document, said, here)


def test_a_record_of_no_standard_is_judged_by_what_theirs_demands(tmp_path: Path) -> None:
    here, record = lists(tmp_path), record_of(CC015C)
    record.header.source.Clear()
    assert seen(record, says("GE"), here).refusals == ()
    assert seen(record, says("GE", {"NCTS-P5": frozenset({"CC029C"})}), here).refusals
    lacking = record_of(CC015C.replace(f"<declarationType>{TYPE}</declarationType>".encode(), b""))
    lacking.header.source.Clear()
    (why,) = seen(lacking, says("GE"), here).refusals
    assert why.words.endswith("as NCTS-P5: CC015C/TransitOperation/declarationType is missing")
    assert why.words.startswith("reads no record of type declaration; ")
    odd = record_of(CC015C)
    odd.header.source.Clear()
    odd.declaration.dataset.operation.declaration_type.value = "T" * 6
    (why,) = seen(odd, says("GE"), here).refusals
    assert why.words.endswith(
        "as NCTS-P5: it does not take CC015C/TransitOperation/declarationType"
    )


def test_a_record_that_its_standard_cannot_write_is_told_and_nothing_fails(tmp_path: Path) -> None:
    record = TransitRecord()
    record.header.source.standard = "NCTS-P5"
    for said in (says("GE", rules=Rules.REFUSE), says("GE", {"NCTS-P6": frozenset()})):
        (why,) = seen(record, said, lists(tmp_path)).refusals
        assert why.reason is Reason.SOURCE_UNSUPPORTED
    assert seen(record, says("GE"), lists(tmp_path)).refusals == ()  # it refuses nothing it reads


def test_a_type_that_their_node_does_not_hand_on_is_a_reason(tmp_path: Path) -> None:
    said = replace(says("GE"), record_types=frozenset({1, 2}))
    here, record = lists(tmp_path), record_of(CC015C)
    assert seen(record, said, here, 1).refusals == ()
    (why,) = seen(record, said, here, 9).refusals
    assert why.reason is Reason.RECORD_TYPE
    assert "movement_released" in why.words
    assert seen(record, says("GE"), here, 9).refusals == ()  # it has not said


@pytest.mark.parametrize(
    ("standards", "words"),
    [
        ({"NCTS-P5": frozenset({"CC015C"})}, None),
        ({"NCTS-P6": frozenset[str]()}, None),
        ({"NCTS-P5": frozenset({"CC029C"})}, "reads no CC015C either"),
        ({"EDIFACT": frozenset[str]()}, "as EDIFACT: "),
    ],
)
def test_a_country_is_sent_nothing_that_it_cannot_read(
    standards: dict[str, frozenset[str]], words: str | None, tmp_path: Path
) -> None:
    found = first(CC015C, says(COUNTRIES[1], standards), lists(tmp_path))
    if words is None:
        assert not [one for one in found.refusals if one.rule == "standard"]
    else:
        (why,) = [one for one in found.refusals if one.rule == "standard"]
        assert why.reason is Reason.SOURCE_UNSUPPORTED
        assert words in why.words


def test_of_a_standard_that_is_not_known_here_nothing_is_concluded(tmp_path: Path) -> None:
    own = says(COUNTRIES[1], {"OWN-1": frozenset()})
    found = first(CC015C, own, lists(tmp_path))
    assert (found.refusals, found.not_at_hand) == ((), ("standard OWN-1",))
    with_ncts = says(COUNTRIES[1], {"OWN-1": frozenset(), "NCTS-P6": frozenset()})
    assert first(CC015C, with_ncts, lists(tmp_path)) == Forecast(COUNTRIES[1], said=True)


def test_no_country_has_us_write_a_record_in_every_standard(tmp_path: Path) -> None:
    many = dict.fromkeys(("EDIFACT", "A", "B", "C", "NCTS-P6"), frozenset[str]())
    found = first(CC015C, says(COUNTRIES[1], many), lists(tmp_path))
    assert found.refusals == ()
    assert found.not_at_hand == tuple(f"standard {one}" for one in ("A", "B", "C", "NCTS-P6"))


def test_what_another_standard_demands_in_vain_is_a_reason_to_refuse(tmp_path: Path) -> None:
    element = f"<declarationType>{TYPE}</declarationType>".encode()
    raw = CC015C.replace(element, b"", 1)
    assert raw != CC015C
    with pytest.raises(Refused, match=r"declarationType \(missing: NCTS-P5 demands it\)"):
        first(raw, says(COUNTRIES[1], {"NCTS-P6": frozenset()}), lists(tmp_path))


# --- the file ---------------------------------------------------------------------------------

WHOLE = Acceptance(
    "GE.RS", 7, {"NCTS-P5": frozenset({"CC015C"}), "NCTS-P6": frozenset()}, Rules.REFUSE,
    {"CL231": AcceptedList(DAY, b"h" * 32, Unknown.REFUSE)}, "5.15.2-144", frozenset({1, 9}),
)  # fmt: skip


def test_what_a_country_accepts_comes_back_from_its_file() -> None:
    raw = make_acceptance(WHOLE, KEY)
    assert read_acceptance(raw, {KEY.key_id}) == WHOLE
    with pytest.raises(Refused) as caught:
        read_acceptance(raw, {b"x" * 16})
    assert caught.value.reason is Reason.UNKNOWN_SIGNER
    for place in range(len(raw)):
        wrong = bytearray(raw)
        wrong[place] ^= 1
        with pytest.raises(Refused):
            read_acceptance(bytes(wrong), {KEY.key_id})


@pytest.mark.parametrize(
    "said",
    [
        Acceptance("GE", 7, P5, Rules.WARN),
        Acceptance("GE.RS", 7, {}, Rules.WARN),
        Acceptance("GE.RS", 7, {"a b": frozenset()}, Rules.WARN),
        Acceptance("GE.RS", 7, {"NCTS-P5": frozenset({""})}, Rules.WARN),
        Acceptance("GE.RS", 7, P5, Rules.WARN, {"x": AcceptedList(DAY, b"h" * 32, Unknown.WARN)}),
        Acceptance("GE.RS", 7, P5, Rules.WARN, {"A": AcceptedList("now", b"h" * 32, Unknown.WARN)}),
        Acceptance("GE.RS", 7, P5, Rules.WARN, {"A": AcceptedList(DAY, b"h", Unknown.WARN)}),
    ],
)  # fmt: skip
def test_what_is_beyond_the_limits_is_never_signed(said: Acceptance) -> None:
    with pytest.raises(Refused):
        make_acceptance(said, KEY)


def test_a_signed_file_that_says_nothing_sound_is_refused() -> None:
    kinds = {PayloadType.ACCEPTANCE: 10**6}
    payload = Signed.of(parse_signed(make_acceptance(WHOLE, KEY)), kinds).payload

    def refused(message: wire.Acceptance, *keys: SigningKey) -> None:
        raw = sign(PayloadType.ACCEPTANCE, encode_statement(message), keys or [KEY]).to_bytes()
        with pytest.raises(Refused):
            read_acceptance(raw)

    for change in (
        lambda one: setattr(one, "rules", 0),
        lambda one: setattr(one.lists[0], "unknown", 9),
        lambda one: one.standards.add(name="NCTS-P5"),
        lambda one: one.lists.add().CopyFrom(one.lists[0]),
    ):
        message = wire.parse_acceptance(payload)
        change(message)
        refused(message)
    refused(wire.parse_acceptance(payload), KEY, SigningKey.generate())


def test_of_several_files_of_a_country_the_last_signed_counts(tmp_path: Path) -> None:
    for name, said in {
        "b.acceptance": says("GE", issued_ms=5),
        "a.acceptance": says("GE", rules=Rules.REFUSE, issued_ms=9),
        "c.acceptance": says("AZ"),
    }.items():
        (tmp_path / name).write_bytes(make_acceptance(said, KEY))
    found = read_acceptances(tmp_path, {KEY.key_id})
    assert {country: one.issued_ms for country, one in found.items()} == {"GE": 9, "AZ": 1}
    (tmp_path / "d.acceptance").write_bytes(b"x")
    with pytest.raises(ConfigurationError, match=r"d\.acceptance"):
        read_acceptances(tmp_path, None)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_acceptances(tmp_path / "away", None)


# --- the command ------------------------------------------------------------------------------


def test_an_officer_sees_who_will_refuse_before_anything_leaves(tmp_path: Path) -> None:
    partners, country = tmp_path / "partners", COUNTRIES[1]
    partners.mkdir()
    said = says(country, rules=Rules.REFUSE)
    (partners / f"{country}.acceptance").write_bytes(make_acceptance(said, KEY))
    path = tmp_path / "a.xml"
    path.write_bytes(broken())
    whole = ("standards", "preflight", path, "--partners", partners)
    told = corridor(*whole)
    assert told.status == 1
    assert f"{country}: WILL REFUSE" in told.out
    assert "R0106: the number of seals is the last number among them" in told.out
    assert f"{COUNTRIES[0]}: has not published what it accepts" in told.out
    (file,) = corridor(*whole, "--json").json["files"]
    entries = {one["country"]: one for one in file["countries"]}
    assert entries[country]["refuses"] is True
    assert entries[COUNTRIES[0]]["published"] is False
    assert "unknown_signer" in corridor(*whole, "--signer", "0" * 32).err
    path.write_text("no message")
    assert corridor(*whole).status == 1
    assert "standards check" in corridor(*whole).err
    named = {"CL231": AcceptedList(DAY, b"h" * 32, Unknown.REFUSE)}
    mild = make_acceptance(says(country, named=named), KEY)
    (partners / f"{country}.acceptance").write_bytes(mild)
    path.write_bytes(CC015C)
    good = corridor(*whole)
    assert good.status == 0
    assert f"{country}: accepts, as far as published" in good.out
    assert f"not judged by CL231 {DAY}: not at hand" in good.out


def test_a_node_publishes_what_its_configuration_says(
    node_folder: Callable[..., Path], tmp_path: Path
) -> None:
    lists(tmp_path / "lists", types("T9", unknown=Unknown.REFUSE))
    section = (
        f'\n[standards]\nrules = "refuse"\ncodelists = "{tmp_path / "lists"}"\n'
        f'codelist_signers = ["{KEY.key_id.hex()}"]\n'
    )
    config, out = node_folder("GE", section), tmp_path / "partners/GE.acceptance"
    told = corridor("standards", "publish", "--out", out, "--config", config, "--json").json
    assert (told["rules"], told["lists"], told["standards"]) == ("refuse", 1, ["NCTS-P5"])
    said = read_acceptance(out.read_bytes(), {bytes.fromhex(told["signer"])})
    assert (said.endpoint, said.rules) == (told["endpoint"], Rules.REFUSE)
    assert said.lists["CL231"].unknown is Unknown.REFUSE
    path = tmp_path / "a.xml"
    path.write_bytes(CC015C)
    words = ("standards", "preflight", path, "--partners", out.parent)
    found = corridor(*words, "--codelists", tmp_path / "lists")
    assert found.status == 1
    assert "CL231: the code is not on the list DeclarationType" in found.out
    own = tmp_path / "own"
    text = '<L><RDEntity name="O"><RDEntry><dataItem>A</dataItem></RDEntry></RDEntity></L>'
    (tmp_path / "own.xml").write_text(text)
    made = ("codelists", "import", tmp_path / "own.xml", "--version", DAY, "--out", own)
    retired = next(
        key for key in map(SigningKey.from_seed, (bytes([number]) * 32 for number in range(256)))
        if key.key_id.hex() < told["signer"]
    )  # fmt: skip
    open_keys(load_config(config).keys).add_signing(KeyRole.SIGN, retired)
    # What the directory lets sign now signs, whatever else lies in the folder.
    assert corridor(*made, "--config", config, "--json").json["signer"] == told["signer"]
    assert (
        "no such standard"
        in corridor("standards", "publish", "--out", out, "--config", config, "--standard", "X").err
    )
