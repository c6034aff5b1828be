# ruff: noqa: E501 (words stay as they are shown)
"""The manual's page about doubts, codes and rules: words by hand, the table from the code."""

from corridor.standards.ncts.judge import PUBLISHED, RULES
from corridor.standards.ncts.rule_classes import UNEVALUATED
from corridor.standards.ncts.rule_uses import RULES_OF

JUDGING = """\
# Doubts, codes and rules

Written by `docs/manual/generate.py` from `docs/manual/judging_page.py` and the tables in
`corridor/standards/ncts`.

A message that can be read may still be doubtful or wrong. What is found is told with the element,
the public id of the rule and a short sentence: by `corridor standards check`, by `corridor send`, in
the answer to a request over HTTP and in the result beside a file of the spool (`warnings`). It never
changes the message. What refuses one is refused before anything is stored, as `record_invalid`, `code_unknown` or
`rule_broken`.

Of NCTS these refuse always, whether or not the official schemas are at hand:

| what | id |
| --- | --- |
| a value that has not the format of its element: `an..35` is at most 35 characters, `n..16,6` a number of 16 digits with 6 decimals | `format` |
| an element that stands behind one that it belongs before | `order` |
| an element that may stand once and stands twice, or more often than the standard allows | `number` |
| an element that the standard demands and the message lacks | `missing` |
| a declaration or an invalidation named by LRN and MRN at once; an amendment that names no movement | `C0467` |
| a message of another type than its `messageType` says | `message_type` |
| a placeholder of a template, `{{{{LRN}}}}`, where the movement is named; elsewhere a warning | `placeholder` |
| a trader's message to the authority (`NTA.GB`) of another country than that of the office it names | `recipient` |

Zeros before a number and white space around a value are let pass, but not around what names a movement. An element that is not
known here is named (`unknown`), and travels as it is. A CC007C that says Phase 5 and has the layout of Phase 6 is
read as Phase 6, and told so (`phase`). Of other standards only what they demand is asked (`missing`).

| what is looked at | id | what becomes of it |
| --- | --- | --- |
| check digits of MRN, GRN, container (ISO 6346) and IMO number; the form of container and IMO numbers | `check_digit`, `form` | a warning, always: invented containers are everywhere |
| countries and currencies, where no code lists are configured | `ISO-3166`, `ISO-4217` | a warning; codes that ISO leaves to its users (XI, XK) are not doubted |
| codes of NCTS Phase 5, by the lists in a folder | `CL017` and so on | as the list says: a warning, or a refusal |
| published rules of NCTS Phase 5 | `R0028`, `C0030` and so on | a warning; a refusal with `rules = "refuse"`; nothing with `"off"` |

A record that is written in NCTS for a country's system, and was none, is held against the same formats: what does not fit is named, and
there is no message (`corridor standards check --to NCTS-P5`, `misfits` in the account of a delivery, and before sending).

At most 100 warnings and 100 refusals of one message are kept. Rules and lists are those of Phase 5: of
Phase 6, ASYCUDA, WCO and EDIFACT identifiers, countries and currencies are looked at.

## Code lists

The lists themselves are not part of Corridor: whoever has them imports what is published, and signs it.

```sh
corridor codelists import RD_NCTS-P5.json.gz COL-Generic.json.gz --out codelists
corridor codelists list codelists
corridor codelists check codelists --signer 072019a8b6d58a2bf46f54df5f190b4d
corridor codelists diff codelists-old codelists
corridor standards check messages/ --codelists codelists
```

`import` reads extracts and single lists of the EC's reference data (CS/RD2, COL), as XML or JSON, with gzip or
without, up to 64 MiB. It signs with the node's key, or with that of a registry body or an administration
(`--keys FOLDER`), so that one office can prepare the lists of many nodes. `--unknown refuse` makes an unknown
code of these lists a refusal. Customs offices become one list for each role: CL171 departure, CL172 destination,
CL173 transit, CL174 guarantee, CL175 exit, CL176 enquiry, CL177 recovery, CL141 all.

A node compares codes with them when its configuration names the folder, and whose lists are believed:

```toml
[standards]
codelists = "codelists"
codelist_signers = ["072019a8b6d58a2bf46f54df5f190b4d"]
rules = "warn"
```

It verifies every file at its start and does not start with one that is damaged or that nobody vouches for. It judges its own
system's messages by what it read then: put a new version beside the old one, `NUMBER.YYYY-MM-DD.codelist`, and restart it. What
it tells partners of its lists follows the folder by itself (below). On the day of a message (`preparationDateAndTime`) that version stands which was the newest then; so the same message is judged
alike tomorrow. When the node's signing key is rotated, import again or add the new id: lists are believed by key.

## Before a message leaves

Nodes tell each other, signed, what their national systems accept: standards, rules, code lists with their versions. Before a
declaration or a release is kept, a node looks which country on its way will refuse it, and why. One line lets a node tell:

```toml
[standards]
accepts = ["NCTS-P5"]   # what the national system reads; without it the standard in `deliver`
preflight = "warn"      # or "refuse", or "off": what becomes of a message that a country will refuse
```

- **Telling.** Every partner is told when the node starts, when the partner starts, each day, and within half a minute of a change in the
  folder of code lists (`corridor codelists import`); `SIGHUP` tells at once. Nothing is told without `accepts` or `deliver`. A damaged list
  keeps what was told before, and `corridor status` asks for a person.
- **Looking.** `corridor send`, HTTP and the spool tell of each country whose offices the record names, and of the partner's own: it
  *accepts*, *refuses* (element, rule or list, words), or is *not known* (`foreseen` in every answer and result). It is not known where it
  has said nothing, has not said it again for seven days, or has no agreement with us. A country's code lists count where the same
  codes are in our folder, whoever signed them there; one by which it may refuse and that is not here is named (`not_looked_at`): import it.
- **Refusing.** With `preflight = "refuse"` nothing is kept that a country on the way will refuse: `foreseen_refusal`, with every line. What was kept
  before the country said so, and is offered again, is answered `duplicate`: it travels. What is
  not known refuses nothing. With `"off"` nothing is looked at; what partners say is kept and shown all the same.

```sh
corridor standards preflight cc015c.xml        # the table for a file; nothing is sent
corridor peer show GE                          # what Georgia said last, and when
corridor doctor --only accepts                 # who has not said it for days
```

A country that reads the record's own standard and only warns costs a look into a dictionary; one that refuses by rules or lists costs as
much as reading the message again (`make bench` says how much), one that reads another standard as much as writing it besides. A record for several
partners is judged once. Records without a dataset (arrivals, results, ...) are not looked at.

Whoever has no agreement with a country can have the same from hand to hand, as a signed file:

```sh
corridor standards publish --out GE.acceptance --config ge/node.toml
corridor standards preflight cc015c.xml --partners partners --codelists codelists
```

Believe a file by the key that signed it (`--signer`).

## Published rules

{evaluated} of the {published} rules and conditions of NCTS Phase 5 that have a text (DDNTA Appendix Q2, 5.15.2) are evaluated,
{partly} of them in part: all that one document can show. {advice} of them are guidelines (G0xxx): to break one warns, and never refuses.

{others}

The rules that hold since the transitional period (B2101, B2200, B2400) are asked of every message, however old its movement.
`corridor standards rules` prints the table, `corridor standards rules C0030` what one demands, or why it is not evaluated.

Rules warn unless you decide otherwise: in the transitional period several conditions did not hold, and systems of that
time still write so. Of 267 published declarations and answers two in three break one, mostly C0909 or C0403.
A rule that needs a list which is not at hand is silent.
"""


def judging_page() -> str:
    """Return the page about what is looked at beyond the form."""
    evaluated = {rule.id for rule in RULES}
    partly = {rule.id for rule in RULES if rule.partly}
    told = [f"| {len(one.ids)} | {one.words} |" for one in UNEVALUATED]
    others = "\n".join(["| how many others | why not |", "| --- | --- |", *told])
    words = JUDGING.format(
        evaluated=len(evaluated),
        published=PUBLISHED,
        partly=len(partly),
        others=others,
        advice=len({rule.id for rule in RULES if rule.advice}),
    )
    lines = [
        "| rule | what it means | messages | needs | not looked at |",
        "| --- | --- | --- | --- | --- |",
    ]
    shown: dict[str, list[str]] = {}
    for rule in RULES:
        messages = sum(rule.id in ids for ids in RULES_OF.values())
        row = shown.setdefault(rule.id, [rule.id, rule.words, str(messages), "", rule.partly])
        row[3] = " ".join(sorted({*row[3].split(), *rule.lists}))
    lines += [f"| {' | '.join(shown[name])} |" for name in sorted(shown)]
    return f"{words}\n" + "\n".join(lines) + "\n"
