"""The manual's pages about standards other than NCTS: words by hand, tables from the code."""

from collections.abc import Callable

from corridor.standards.asycuda.codec import codec as asycuda
from corridor.standards.asycuda.notes import notes
from corridor.standards.dialect import HELD
from corridor.standards.edifact.codec import codec as edifact
from corridor.standards.mapper import Codec
from corridor.standards.mapping import Leaf
from corridor.standards.rows import rows
from corridor.standards.wco.codec import codec as wco

ASYCUDA = """\
# ASYCUDA World

Written by `docs/manual/generate.py` from `docs/manual/standards_pages.py` and the tables in
`corridor/standards/asycuda`.

The SAD as XML, with the root `ASYCUDA`: read, written, checked and explained like an NCTS
message. A form has its boxes also where they are empty, so an empty box is written back as it
came: words as `<X><null/></X>`, numbers and dates as `<X/>`. What transit needs stands in the
fields of the record; the rest of the declaration (value, duties, procedure, licence, payment) as
named facts, under words that the other standards use too. A value that its field cannot hold (a
country in words, a weight with its unit) is never a reason to refuse: it travels word for word.

- The movement gets the number `office/year/serial/number` once the form is registered, and the
  declarant's reference as LRN where it has at most 22 characters.
- All seals stand in the one box, joined by `;`. In the record they are on equipment of their own.
- The first line of a trader's name is the name; each further one a line of the address.
- Dates are month, day, year.
- The office of the form must be there; whatever else your country demands, its dialect says.
- The order of the boxes is that of the form. A document in another order is read, and told to
  come back different.

## Dialects

No two countries have the same form. A TOML file says in what yours differs:

```toml
country = "JM"
version = "4.3"
absent = ["ASYCUDA/Warehouse", "ASYCUDA/Item/IncoTerms"]
demanded = ["ASYCUDA/Transit/Destination/Office"]
excused = []
blank = ["ASYCUDA/Identification/Manifest_reference_number"]
null = ["ASYCUDA/Property/Nbers/Number_of_loading_lists"]
```

`absent` are boxes that your form does not have, `demanded` and `excused` what must and need not
be filled, `blank` and `null` the boxes that are empty in the other way. Name the file as
`dialect` in `[standards]` of the node's configuration, and with `--dialect` of `corridor
standards check` and `explain`. Without a file the common form is read and written; differences
then travel in the residual, one line for each kind of box.

What common transit needs and the common form has no box for, a dialect can hold:

```toml
country = "GE"
version = "4.4"
released = "ASYCUDA/Transit/Result_of_control"
traders = "EORI"
address = ["street_and_number", "postcode", "city", "country"]

[holds]
"ASYCUDA/Transit/MRN" = "mrn"
"ASYCUDA/Transit/Security" = "security"
```

`released` names the box whose filling says that customs released the goods: such a form is a
release and no declaration. `traders` says that codes of traders are EORI numbers, `address` what
each line below a trader's name is; a name with other lines keeps them as lines. `holds` says what
a box holds, one of: {held}. A box that the form has not is added at the end of its group.

## Notes

ASYCUDA World has no published XML for what happens to a T1 on the way. `ASYCUDA_T1` is Corridor's
own form, in the words of ASYCUDA's transit module; `Status` is one of {statuses}. Dates and times
in it are those of ISO 8601. How a system uses it: [connect-asycuda.md](connect-asycuda.md)."""

WCO = """\
# WCO Data Model

Written by `docs/manual/generate.py` from `docs/manual/standards_pages.py` and the tables in
`corridor/standards/wco`.

Declarations (DEC) and responses (RES) of the WCO Data Model 3.6, as `MetaData` around a
`Declaration` or a `Response`. Countries and versions differ in their namespaces: they are kept as
facts, and any that begins with `urn:wco:`, or none, is read. Which message it is follows from the
function code, and of a request (13) from the type code: COR an amendment, INV a cancellation, GPR
a presentation.

The tables follow the profile of the United Kingdom, for which the schemas are public. It has no
classes of transit: the holder, the office of destination and the time limit of an NCTS
declaration cannot be said in it, and `corridor standards check --to WCO-DM` tells so. An element
of a namespace or class that is not here travels in the residual."""

EDIFACT = """\
# UN/EDIFACT

Written by `docs/manual/generate.py` from `docs/manual/standards_pages.py` and the tables in
`corridor/standards/edifact`.

CUSDEC and CUSRES, one message in an interchange, directory D.24A and older ones with the same
segments (GIS for GEI). A file ends in `.edi`. The record keeps every segment, in order, as named
facts; what transit needs of them (parties, offices, places, means, containers, seals, items,
faults) stands in its own fields too. `2.1` in a path is the first component of the second
element. A segment that stands elsewhere than the table has it, or that no table knows, travels in
the residual and comes back at its place.

An interchange has to be whole: UNT and UNZ are compared with what is there. The character set is
the one that UNB names (UNOA to UNOK, UNOW, UNOY); own separators (UNA) are kept. At most 4 MiB
and 50,000 segments are read. EDIFACT is not written from records of other standards."""


def _page(words: str, codec: Codec, show: Callable[[str], bool]) -> str:
    heads = ["element", "field of the record", "kept as", "mandatory"]
    parts = [words.rstrip() + "\n"]
    for message in codec.messages.values():
        parts.append(f"## {message.name}: `{message.body}`\n")
        if not show(message.name):
            parts.append("The table of the message above that begins alike, for this record.\n")
            continue
        lines = [
            [f"`{row.element}`", f"`{row.field}`", row.form, "yes" if row.mandatory else ""]
            for row in rows(message)
        ]
        told = [heads, ["---"] * len(heads), *lines]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in told) + "\n")
    return "\n".join(parts)


def asycuda_page() -> str:
    """Return the page about the SAD."""
    statuses = [
        leaf.form.name.removeprefix("always ")
        for message in notes().values()
        for leaf in message.parts
        if leaf.element == "Status" and isinstance(leaf, Leaf)
    ]
    words = ASYCUDA.replace("{held}", ", ".join(f"`{one}`" for one in sorted(HELD)))
    words = words.replace("{statuses}", ", ".join(f"`{one}`" for one in statuses))
    return _page(words, asycuda(None), lambda name: name != "SAD-RELEASED")


def wco_page() -> str:
    """Return the page about declarations and responses."""
    shown = {"DEC", "DEC-INV", "RES-01", "RES-03"}
    return _page(WCO, wco(), shown.__contains__)


def edifact_page() -> str:
    """Return the page about CUSDEC and CUSRES."""
    return _page(EDIFACT, edifact(), bool)
