"""Compare a running broker with what it was told, and name the cure of each difference.

Rules:

* pure: both sides are definitions documents (`render_definitions`, `management.read_broker`);
* an import can stop silently at one refused entry while the broker says that it is up
  (broker-verified 1k), so everything is compared after each start;
* what federation makes by itself is no difference: it is recognised by the permission patterns of
  the partners, which name exactly that;
* an extra object is a difference too: in this vhost nothing is made by hand;
* no password hash and no secret is ever shown.

Example:
    >>> for each in compare(render_definitions(me, settings, links), read_broker(url, login)):
    ...     print(each.object, each.found, "→", each.cure)
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.exchange.addresses import VIRTUAL_HOST
from corridor.transport.render import Definitions

_ABSENT: Final = "absent"
_IMPORT: Final = "rabbitmqctl import_definitions definitions.json"
_IN_VHOST: Final = f"-p {VIRTUAL_HOST}"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as rendered.

    `object` names it, `expected` and `found` are short texts, `cure` is a command.
    """

    object: str
    expected: str
    found: str
    cure: str


@dataclass(frozen=True, slots=True)
class _Section:
    """How objects of one section are named, compared, and got rid of."""

    name: str
    title: str
    key: tuple[str, ...]
    fields: tuple[str, ...]
    remove: Callable[[Row], str]
    replace: bool = False  # an existing one cannot be changed by an import


def _admin(kind: str, row: Row) -> str:
    return f"rabbitmqadmin --vhost={VIRTUAL_HOST} delete {kind} name={_quoted(row['name'])}"


def _unbind(row: Row) -> str:
    return (
        f"rabbitmqadmin --vhost={VIRTUAL_HOST} delete binding source={_quoted(row['source'])} "
        f"destination_type={row['destination_type']} destination={_quoted(row['destination'])} "
        f"properties_key={_quoted(row['routing_key'] or '~')}"
    )


_SECTIONS: Final = (
    _Section("vhosts", "vhost", ("name",), ("metadata",),
             lambda row: f"rabbitmqctl delete_vhost {_quoted(row['name'])}"),
    _Section("users", "user", ("name",), ("tags", "limits", "password_hash"),
             lambda row: f"rabbitmqctl delete_user {_quoted(row['name'])}"),
    _Section("permissions", "permissions of", ("user",), ("configure", "write", "read"),
             lambda row: f"rabbitmqctl clear_permissions {_IN_VHOST} {_quoted(row['user'])}"),
    _Section("topic_permissions", "topic permissions of", ("user", "exchange"), ("write", "read"),
             lambda row: f"rabbitmqctl clear_topic_permissions {_IN_VHOST} {_quoted(row['user'])}"),
    _Section("exchanges", "exchange", ("name",),
             ("type", "durable", "auto_delete", "internal", "arguments"),
             lambda row: _admin("exchange", row), replace=True),
    _Section("queues", "queue", ("name",), ("durable", "auto_delete", "arguments"),
             lambda row: f"rabbitmqctl delete_queue {_IN_VHOST} {_quoted(row['name'])}",
             replace=True),
    _Section("bindings", "binding", ("source", "destination_type", "destination", "routing_key"),
             ("arguments",), _unbind, replace=True),
    _Section("policies", "policy", ("name",), ("pattern", "apply-to", "priority", "definition"),
             lambda row: f"rabbitmqctl clear_policy {_IN_VHOST} {_quoted(row['name'])}"),
    _Section("parameters", "upstream", ("component", "name"), ("value",),
             lambda row: f"rabbitmqctl clear_parameter {_IN_VHOST} {row['component']} "
                         f"{_quoted(row['name'])}"),
)  # fmt: skip


def compare(
    expected: Definitions, observed: Mapping[str, Any], cluster_name: str | None = None
) -> tuple[Difference, ...]:
    """Return every difference, in the order in which they are best cured.

    Args:
        expected: The rendered definitions.
        observed: The broker's own, as `management.read_broker` returns them.
        cluster_name: What the broker must call itself; partners' permissions hold it.
    """
    made_by_links = _link_patterns(expected)
    found = [*_cluster(cluster_name, observed)]
    for section in _SECTIONS:
        found.extend(_compare_section(section, expected, observed, made_by_links))
    return tuple(found)


def _cluster(cluster_name: str | None, observed: Mapping[str, Any]) -> Iterator[Difference]:
    values = {row["name"]: row["value"] for row in observed.get("global_parameters", ())}
    found = str(values.get("cluster_name", _ABSENT))
    if cluster_name is not None and found != cluster_name:
        cure = f"set cluster_name = {cluster_name} in rabbitmq.conf and start the broker again"
        yield Difference("cluster name", cluster_name, found, cure)


def _compare_section(
    section: _Section,
    expected: Definitions,
    observed: Mapping[str, Any],
    made_by_links: tuple[re.Pattern[str], ...],
) -> Iterator[Difference]:
    wanted = {_key(section, row): row for row in expected.get(section.name, ()) if _ours(row)}
    there = {_key(section, row): row for row in observed.get(section.name, ()) if _ours(row)}
    for key, row in wanted.items():
        title = f"{section.title} {_name(section, row)}"
        if key not in there:
            yield Difference(title, "present", _ABSENT, _IMPORT)
        else:
            yield from _compare_row(section, title, row, there[key])
    for key, row in there.items():
        if key not in wanted and not _is_runtime(row, made_by_links):
            title = f"{section.title} {_name(section, row)}"
            yield Difference(title, _ABSENT, "present", section.remove(row))


def _compare_row(section: _Section, title: str, wanted: Row, there: Row) -> Iterator[Difference]:
    for field in section.fields:
        if field not in wanted and field != "limits":
            continue
        want, have = _normal(field, wanted.get(field)), _normal(field, there.get(field))
        if field == "metadata":
            have = {name: have.get(name) for name in want}
        if want == have:
            continue
        cure = _cure(section, field, wanted, there)
        if field == "password_hash":
            yield Difference(title, "the rendered password", "another one", cure)
        else:
            yield Difference(f"{title}: {field}", _text(want), _text(have), cure)


def _cure(section: _Section, field: str, wanted: Row, there: Row) -> str:
    if field == "limits":  # an import leaves the limits of an existing user alone
        user = _quoted(wanted["name"])
        if not wanted.get(field):
            return f"rabbitmqctl clear_user_limits {user} all"
        return f"rabbitmqctl set_user_limits {user} {_quoted(json.dumps(wanted[field]))}"
    return f"{section.remove(there)} && {_IMPORT}" if section.replace else _IMPORT


def _link_patterns(expected: Definitions) -> tuple[re.Pattern[str], ...]:
    patterns = (row["configure"] for row in expected["permissions"])
    return tuple(re.compile(pattern) for pattern in patterns if pattern != "^$")


def _is_runtime(row: Row, made_by_links: tuple[re.Pattern[str], ...]) -> bool:
    names = [str(row[key]) for key in ("destination", "name") if key in row]
    return any(pattern.search(name) for name in names for pattern in made_by_links)


def _ours(row: Row) -> bool:
    return bool(row.get("vhost", VIRTUAL_HOST) == VIRTUAL_HOST)


def _key(section: _Section, row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(field, "")) for field in section.key)


def _name(section: _Section, row: Row) -> str:
    if section.name == "bindings":
        return f"{row['source']} to {row['destination']}"
    if section.name == "parameters" and row["component"] != "federation-upstream":
        return f"{row['component']} {row['name']}"
    return str(row[section.key[-1] if section.name == "parameters" else section.key[0]])


def _normal(field: str, value: Any) -> Any:  # noqa: ANN401 - JSON is any tree
    if field == "tags":
        words = value.split(",") if isinstance(value, str) else value or []
        return sorted(word.strip() for word in words if word.strip())
    if field in ("limits", "arguments", "metadata"):
        return value or {}
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _quoted(name: object) -> str:
    return "'" + str(name).replace("'", "'\\''") + "'"
