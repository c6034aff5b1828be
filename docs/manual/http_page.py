"""The manual's page about HTTP: words by hand, tables from the code."""

from typing import Any

from corridor.gateway.http import models
from corridor.gateway.http.app import make_app
from corridor.gateway.http.bodies import LIMITS, MAX_BODY, MAX_HELD, MIB
from corridor.gateway.http.desk import RIGHTS
from corridor.gateway.http.problems import KINDS
from corridor.gateway.http.protocol import HEAD_S, MAX_CONNECTIONS, MAX_HEAD_BYTES

PAGE = """\
# Connect over HTTP

Written by `docs/manual/generate.py` from `docs/manual/http_page.py` and `corridor/gateway/http`.

A national system submits, takes, acknowledges and asks over HTTP with the same contract as over
the local socket ([integrate.md](integrate.md)): `accepted` means stored on the node's disk. The
node prints its OpenAPI 3.1 document with `corridor http openapi`, and serves it at
`/v1/openapi.json`.

## Switch it on

HTTP is off unless the configuration says so; `pip install 'corridor-node[http]'` brings what it
needs.

```toml
[http]
enabled = true
```

It listens on 127.0.0.1:8464. Beyond loopback the node refuses to listen without TLS (`cert_file`,
`key_file`) and without anybody who may use it. With `client_ca_file` clients may show a
certificate instead of a token.

Who may use it is said by the operator. A token is printed once and kept nowhere; the node takes
the change up on SIGHUP.

```text
corridor http token add office --role submitter --role reader
corridor http token add watch --role operator
corridor http token add broker-a --role submitter --partner TR --certificate broker-a.pem
corridor http token list
corridor http token revoke watch
```

{roles}
A client may claim the lanes `routine` and `bulk`, and others where its `--lane` says so; where it
claims none, the record's type decides. With `--partner` it sends to those countries only.

## By hand

With the token in `$TOKEN`; each line ends with the status it prints. The tests run every line.

```sh
{lines}
```

The body of a record is protobuf's JSON (`application/json`), a serialised `TransitRecord`
(`application/x-protobuf`) or an NCTS message (`application/xml`, see [ncts.md](ncts.md)). Many at
once are `{{"records": [{{"to", "record", "lane"?, "idempotency_key"?}}]}}`, or in protobuf a
`SubmitRequest` of `local.proto`; each has its result, in order.

A query parameter that its address does not offer, or one that is there twice, is refused (422):
what was misspelt would otherwise be passed over. Bodies are sent as they are, without
`Content-Encoding`.

## Twice is once

Send a key of 1 to {key_length} letters, digits and `._~-` in `Idempotency-Key`, a fresh one for
each record. The same key with the same record for the same partner is answered 200 with
`Idempotency-Replayed: true` and the id it was given first; with anything else it is a conflict,
409. A key is kept with its record, in one step and for ever: it outlives restarts and kills. A
refusal uses no key up. A key belongs to its client's name: two clients may use the same.

So a lost answer is no trouble: send the same again.

## Take, then acknowledge

`GET /v1/inbox?after=CURSOR` returns what partners sent; `next` is the cursor of the next page.
When all of it is safe in your system, `POST /v1/inbox/ack` with `up_to` says so. With `wait_s` the
node waits up to 30 s for the first record, so that a loop needs no polling; at most 16 requests
wait at a time. `GET /v1/outcomes` is taken in the same way and says what finally became of what
you sent.

A system that knows its own standard only asks with `Accept: application/xml` and gets the next
record as a message of the standard in `[standards] deliver`; `Corridor-Cursor` says where to go
on, and `GET /v1/inbox/CURSOR/report` what the message cannot say: see
[connect-ncts.md](connect-ncts.md).

## Operations

{operations}
## Limits

{limits}
## Problems

Whatever is not done is answered as `application/problem+json` (RFC 9457): `code` is one of these,
`reason` one of Corridor's ([errors.md](errors.md)) or null, `faults` name every fault by `path`
and `rule` and never repeat a value, and `cure` says what to do next.

{problems}"""

LINES = (
    ("health", ("http://127.0.0.1:8464/v1/health"), 200),
    ("partners", ('-H "Authorization: Bearer $TOKEN" http://127.0.0.1:8464/v1/partners'), 200),
    ("submit", ('-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
     '-H "Idempotency-Key: case-4711" --data-binary @record.json '
     "'http://127.0.0.1:8464/v1/records?to=TR'"), 202),
    ("submit", ('-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
     '-H "Idempotency-Key: case-4711" --data-binary @record.json '
     "'http://127.0.0.1:8464/v1/records?to=TR'"), 200),
    ("xml", ('-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/xml" '
     "--data-binary @message.xml 'http://127.0.0.1:8464/v1/records?to=TR&lane=bulk'"), 202),
    ("find", ('-H "Authorization: Bearer $TOKEN" '
     "'http://127.0.0.1:8464/v1/records?container=MSKU1234565'"), 200),
    ("take", ('-H "Authorization: Bearer $TOKEN" '
     "'http://127.0.0.1:8464/v1/inbox?after=0&limit=10&wait_s=1'"), 200),
    ("ack", ('-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
     "--data '{\"up_to\": 0}' http://127.0.0.1:8464/v1/inbox/ack"), 200),
    ("outcomes", ('-H "Authorization: Bearer $TOKEN" http://127.0.0.1:8464/v1/outcomes'), 200),
    ("query", ('-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" '
     "--data '{\"to\": \"TR\", \"kind\": \"status\", \"ids\": [{\"kind\": \"mrn\", "
     "\"value\": \"25TR3401004B7KQ2J4\"}]}' http://127.0.0.1:8464/v1/queries"), 202),
    ("no token", ("http://127.0.0.1:8464/v1/inbox"), 401),
)  # fmt: skip
"""What a person types: (about, the rest of a curl line, the status it prints)."""


def http_page() -> str:
    """Return the whole page."""
    lines = [f"curl -sS -w '%{{http_code}}\\n' {rest}   # {status}" for _, rest, status in LINES]
    return PAGE.format(
        roles=_table(["right", "roles that have it"], _rights()),
        lines="\n".join(lines),
        key_length=64,
        operations=_table(["request", "what it does", "answers"], _operations()),
        limits=_table(["what", "limit", "why"], _limits()),
        problems=_table(["code", "status", "meaning", "what to do"], _problems()),
    )


def _rights() -> list[list[str]]:
    words = {
        "submit": "submit records, ask partners",
        "read": "take records of partners, acknowledge them",
        "follow": "outcomes, ledgers, partners, reasons",
        "find": "search by MRN, seal, plate and so on",
        "operate": "status of the node",
    }
    return [[words[right], ", ".join(sorted(roles))] for right, roles in RIGHTS.items()]


def _operations() -> list[list[str]]:
    document: dict[str, Any] = make_app().openapi()
    return [
        [f"`{method.upper()} {path}`", told["summary"], " ".join(sorted(told["responses"]))]
        for path, operations in document["paths"].items()
        for method, told in operations.items()
    ]


def _limits() -> list[list[str]]:
    return [
        ["a record", f"{LIMITS['/v1/records'] // MIB} MiB", "the largest real NCTS messages"],
        ["many records", f"{LIMITS['/v1/records:bulk'] // MIB} MiB, {models.MAX_BULK} records",
         "one step in the store, during which nobody else writes"],
        ["any other body", f"{MAX_BODY // 1024} KiB", "what a question or a cursor needs"],
        ["all bodies together", f"{MAX_HELD // MIB} MiB", "the node's memory is not a client's"],
        ["a page", f"{models.MAX_PAGE} records", "a few MiB of JSON"],
        ["line and headers", f"{MAX_HEAD_BYTES // 1024} KiB, within {HEAD_S:.0f} s",
         "nobody holds a connection by a drip"],
        ["connections", f"{MAX_CONNECTIONS}", "a national system needs a handful"],
        ["requests of a client", "`http.requests_per_s`, `http.burst`",
         "a record of a bulk counts as a request"],
    ]  # fmt: skip


def _problems() -> list[list[str]]:
    return [
        [f'<a id="{code}"></a>`{code}`', str(kind.status), kind.title, kind.cure]
        for code, kind in KINDS.items()
    ]


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
