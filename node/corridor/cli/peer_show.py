"""`corridor peer show`: all that this node knows of one partner, on one screen."""

from pathlib import Path
from typing import Any

import click

from corridor.cli.options import age, config_option, emit, json_option, when
from corridor.errors import ConfigurationError, CorridorError, InputTrouble
from corridor.transit.parties import Endpoint


@click.command("show")
@click.argument("partner")
@config_option
@json_option
def show(partner: str, config_path: Path, as_json: bool) -> None:
    """Show PARTNER: way, what waits, canary, refusals, its broker, keys and agreements."""
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import READ_S, LocalClient

    with LocalClient(load_config(config_path).gateway.socket, READ_S) as node:
        status, pauses, accepts = node.status(), node.pauses(), node.acceptances()
    called = (one for one in status["peers"] if Endpoint(one["endpoint"]).is_called(partner))
    peer = next(called, None)
    if peer is None:
        raise InputTrouble(f"{partner} is no partner of this node", cure="`corridor peer list`")
    name = peer["endpoint"]
    data = {
        **peer,
        "paused": next((one for one in pauses if one["endpoint"] == name), None),
        "accepts": next((one for one in accepts if one["endpoint"] == name), None),
        "canary": status["watch"]["canaries"].get(name),
        "findings": [one for one in status["watch"]["findings"] if one["partner"] == name[:2]],
        "refused": [one for one in status["refused"] if one["peer"] == name],
        **_trusted(config_path, name, status["now_ms"]),
    }
    emit(data, _screen(data, status["now_ms"]), as_json=as_json)


def _trusted(config_path: Path, name: str, now_ms: int) -> dict[str, Any]:
    """Return what the directory says of a partner; nothing where it cannot be read now."""
    from corridor.daemon.agreeing import listed_agreements
    from corridor.daemon.config import load_config
    from corridor.daemon.trust_keeper import open_trust
    from corridor.transit.parties import Endpoint
    from corridor.trust.bundle import seals_until_ms

    config, endpoint = load_config(config_path), Endpoint(name)
    try:
        view = open_trust(config).load(now_ms)
    except (ConfigurationError, CorridorError):
        return {"administration": None, "broker": None, "key_until_ms": None, "agreements": []}
    member, bundle = view.member(endpoint), view.bundle(endpoint)
    pair = {config.endpoint.member, endpoint.member}
    listed = listed_agreements(view, config.endpoint.member, now_ms)
    return {
        "administration": member.administration if member else None,
        "broker": f"{member.broker.host}:{member.broker.port}" if member else None,
        "key_until_ms": seals_until_ms(bundle, now_ms) if bundle else None,
        "agreements": [one for one in listed if {one["sender"], one["recipient"]} == pair],
    }


def _screen(data: dict[str, Any], now_ms: int) -> str:
    from corridor.cli.status import way

    heard = age(now_ms, data["last_heard_ms"])
    waits = f"{data['waiting']}, {data['unreceipted']} without a receipt"
    lines = [
        f"{data['endpoint']}  {data['administration'] or ''}".rstrip(),
        f"  way         {way(data, now_ms)}",
        f"  waiting     {waits}, oldest {age(now_ms, data['oldest_ms'])}",
        f"  in flight   {data['in_flight']} of {data['window']} envelopes",
        f"  last heard  {heard}",
        f"  canary      {_canary(data['canary'], now_ms)}",
        f"  broker      {data['broker'] or 'not known'}",
        f"  its key     {_until(data['key_until_ms'])}",
    ]
    lines += [
        f"  agreement   {one['id']}: {one['sender']} to {one['recipient']}, {one['state']},"
        f" until {when(one['to_ms'])}"
        for one in data["agreements"]
    ]
    lines += _accepts(data["accepts"])
    lines += [
        f"  refused     {one['count']} by {one['by']}: {one['reason']}" for one in data["refused"]
    ]
    if data["paused"]:
        pause = data["paused"]
        lines.append(f"  paused      {when(pause['since_ms'])} by {pause['by']}: {pause['why']}")
    if data["cause"]:
        lines += [f"! {data['cause']}", f"  what to do: {data['cure']}"]
    for one in data["findings"]:
        lines += [f"! {one['what']}", f"  what to do: {one['cure']}"]
    return "\n".join(lines)


def _accepts(row: dict[str, Any] | None) -> list[str]:
    """Return what the partner has said that its national system accepts."""
    if row is None or row["state"] == "nothing":
        return ["  accepts     it has not said"]
    said = f"said {when(row['said_ms'])}"
    if row["state"] == "not_believed":
        return [f"  accepts     {said}; not believed any more: {row['reason']}"]
    names = ", ".join(
        one["name"] + (f" ({' '.join(one['messages'])})" if one["messages"] else "")
        for one in row["standards"]
    )
    rules = f"rules {row['rules']}" + (f" ({row['rule_set']})" if row["rule_set"] else "")
    old = "; too long ago to count" if row["state"] == "stale" else ""
    lists = [f"{one['number']} {one['version']}" for one in row["lists"]]
    return [
        f"  accepts     {names}; {rules}; {len(lists)} code lists; {said}{old}",
        *(f"              {', '.join(lists[n : n + 4])}" for n in range(0, len(lists), 4)),
    ]


def _canary(row: dict[str, Any] | None, now_ms: int) -> str:
    if row is None or row["last_ms"] is None:
        return "none came back yet" if row else "none is sent"
    return f"came back {age(now_ms, row['last_ms'])} ago, in {row['round_trip_ms']} ms"


def _until(until_ms: int | None) -> str:
    return "not known" if until_ms is None else f"we can seal to it until {when(until_ms)}"
