"""Published lists are read as they are given out; what cannot be read is named, not left out."""

import json
from typing import Any

import pytest

from corridor.errors import InputTrouble
from corridor.standards import codelist_import
from corridor.standards.codelist import CodeList, Entry, Period, Standing, Unknown
from corridor.standards.codelist_import import lists_in

XML = b"""<csrd:ReceiveReferenceData xmlns:csrd="urn:csrd"><msg:Head xmlns:msg="urn:msg"/>
<RDEntityList><RDEntity name="KindOfPackages">
<RDEntry><RDEntryStatus><state>valid</state><activeFrom>2024-02-21</activeFrom></RDEntryStatus>
<dataItem name="Kind">BX</dataItem>
<LsdList><description lang="fr">Caisse</description>
<description lang="en">Box</description></LsdList>
</RDEntry><RDEntry><RDEntryStatus><state>invalid</state><activeFrom>2024-06-01</activeFrom>
</RDEntryStatus><dataItem name="code">VQ</dataItem><LsdList/></RDEntry></RDEntity>
<RDEntity name="OwnList"><RDEntry><dataItem name="code">1</dataItem></RDEntry></RDEntity>
</RDEntityList></csrd:ReceiveReferenceData>"""


def told(**lists: list[dict[str, Any]]) -> bytes:
    parts = {name: {"listName": name, "listEntries": entries} for name, entries in lists.items()}
    return json.dumps(
        {"messageInformation": {"snapshotDate": "2025-02-12"}, "lists": parts}
    ).encode()


def test_the_xml_of_the_commission_is_read_through_its_envelope() -> None:
    packages, own = lists_in(XML, version="2026-11-26", source="EC", unknown=Unknown.REFUSE)
    assert packages == CodeList(
        "CL017", "KindOfPackages", "2026-11-26", "EC", Unknown.REFUSE,
        {
            "BX": Entry((Period("2024-02-21"),), "Box"),
            "VQ": Entry((Period("", "2024-05-31"),), ""),
        },
    )  # fmt: skip
    assert (own.number, own.name, own.entries) == ("OWNLIST", "OwnList", {"1": Entry((Period(),))})


def test_the_json_of_an_extract_is_read_whatever_its_codes_are_called() -> None:
    content = told(
        TransportModeCode=[{"code": "3", "description": "Road", "activeFrom": "2024-10-25"}],
        CurrencyCodes=[{"currency": "EUR", "state": "valid"}],
        UnLocodeExtended=[{"unLocodeExtendedCode": "TRIST", "name": "Istanbul"}],
    )
    found = lists_in(b"\xef\xbb\xbf" + content)
    assert [(one.number, one.version, *one.entries) for one in found] == [
        ("CL218", "2025-02-12", "3"),
        ("CL048", "2025-02-12", "EUR"),
        ("CL244", "2025-02-12", "TRIST"),
    ]
    assert found[2].entries["TRIST"].words == "Istanbul"


@pytest.mark.parametrize(
    "content", [[{"code": "A"}], {"listName": "Own", "listEntries": [{"code": "A"}]}]
)
def test_a_single_list_is_read_by_itself(content: object) -> None:
    (found,) = lists_in(json.dumps(content).encode(), name="Own", version="2025-01-01")
    assert (found.number, *found.entries) == ("OWN", "A")


def test_offices_become_a_list_for_each_role() -> None:
    offices = [
        {"id": "TR340100", "roles": [{"role": "DEP"}, {"role": "DES"}, {"x": 1}, 7]},
        {"id": "TR340100", "roles": [{"role": "DEP"}]},
        {"id": "GE000001", "roles": [{"role": "TRA"}]},
    ]
    found = {one.number: sorted(one.entries) for one in lists_in(told(CustomsOffices=offices))}
    assert found == {
        "CL141": ["GE000001", "TR340100"], "CL171": ["TR340100"],
        "CL172": ["TR340100"], "CL173": ["GE000001"],
    }  # fmt: skip
    (plain,) = lists_in(told(CustomsOffices=[{"id": "TR340100"}]))
    assert plain.number == "CL141"


@pytest.mark.parametrize(
    ("states", "periods"),
    [
        ([("valid", "2024-01-01"), ("invalid", "2024-06-01")], [("2024-01-01", "2024-05-31")]),
        ([("valid", "2024-01-01"), ("valid", "2024-03-01")], [("2024-01-01", "")]),
        ([("invalid", "2024-06-01"), ("valid", "2025-01-01")],
         [("", "2024-05-31"), ("2025-01-01", "")]),
        ([("valid", "2024-01-01"), ("invalid", "2024-06-01"), ("invalid", "2024-07-01")],
         [("2024-01-01", "2024-05-31")]),
        ([("valid", "2024-01-01"), ("invalid", "2024-01-01")], [("", "0001-01-01")]),
        ([("invalid", "")], [("", "0001-01-01")]),
        ([("valid", "")], [("", "")]),
    ],
)  # fmt: skip
def test_states_of_a_code_become_the_times_in_which_it_is_valid(
    states: list[tuple[str, str]], periods: list[tuple[str, str]]
) -> None:
    entries = [{"code": "A", "state": state, "activeFrom": day} for state, day in states]
    (found,) = lists_in(told(Own=entries))
    assert found.entries["A"].periods == tuple(Period(*one) for one in periods)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither XML nor JSON"),
        (b"[" * 100_000, "neither XML nor JSON"),
        (b"\xff\xfe", "not well-formed"),
        (b"<a", "not well-formed"),
        (b"7", "a value and no list"),
        (b"{}", 'no "lists"'),
        (b"[]", "no entries"),
        (b'{"lists": {}}', "no list in it"),
        (b"<RDEntityList/>", "no list in it"),
        (b'{"lists": {"A": 7}}', "A: no entries"),
        (b'{"lists": {"A": {"listEntries": [7]}}}', "A: entry 1 has no code"),
        (b'{"lists": {"A": {"listEntries": [{"code": 7}]}}}', "A: entry 1 has no code"),
        (b'{"lists": {"A": {"listEntries": [{"code": "1"}]}}}', "the day of publication"),
        (told(Own=[{"code": "1", "activeFrom": "2024-02-31"}]), "no such day"),
        (told(Own=[{"code": "1", "activeFrom": "soon"}]), "no such day"),
        (told(Own=[{"code": ""}]), "a code of 0 characters"),
        (told(Own=[{"code": "1" * 36}]), "a code of 36 characters"),
        (told(**{"a b": [{"code": "1"}]}), "a list without a name"),
        (b'<L><RDEntity name="A"><RDEntry/></RDEntity></L>', "A: entry 1 has no code"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><L/>', "document type"),
    ],
)
def test_what_is_no_published_list_is_refused_by_name(content: bytes, words: str) -> None:
    with pytest.raises(InputTrouble, match=words) as caught:
        lists_in(content, name="x", version="" if b"lists" in content else "2025-01-01")
    assert caught.value.cure


def test_a_file_and_a_list_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codelist_import, "MAX_ENTRIES", 1)
    with pytest.raises(InputTrouble, match="more than 1 entries"):
        lists_in(told(Own=[{"code": "1"}, {"code": "2"}]))
    for limit in ("_MAX_GROUPS", "_MAX_QUOTES"):
        monkeypatch.setattr(codelist_import, limit, 3)
        with pytest.raises(InputTrouble, match="groups and"):
            lists_in(told(Own=[{"code": "1"}]))
        monkeypatch.undo()
    monkeypatch.setattr(codelist_import, "MAX_BYTES", 10)
    with pytest.raises(InputTrouble, match="more than 10 bytes"):
        lists_in(b" " * 11)


@pytest.mark.parametrize(
    ("periods", "day", "standing"),
    [
        ((), "2025-03-05", Standing.VALID),
        ((Period("2025-01-01"),), "2025-03-05", Standing.VALID),
        ((Period("2025-01-01"),), "", Standing.VALID),
        ((Period("2025-01-01"),), "2024-03-05", Standing.VALID),  # before the list was published
        ((Period("2026-01-01"),), "2025-03-05", Standing.NOT_YET),
        ((Period("", "2025-01-31"),), "2025-03-05", Standing.NO_MORE),
        ((Period("", "2025-03-05"),), "2025-03-05", Standing.VALID),
        ((Period("", "2024-01-01"), Period("2026-01-01")), "2025-03-05", Standing.NO_MORE),
    ],
)
def test_a_code_is_valid_by_the_day_of_the_message(
    periods: tuple[Period, ...], day: str, standing: Standing
) -> None:
    codes = CodeList("CL1", "x", "2025-02-12", entries={"A": Entry(periods)})
    assert codes.standing("A", day) is standing
    assert codes.standing("B", day) is Standing.UNKNOWN
