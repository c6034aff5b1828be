"""The quarantine and what was not delivered, as an operator reads them."""

from typing import Any

from corridor.cli.options import age, table, when


def groups_screen(found: dict[str, Any]) -> str:
    """Return what there is by link and reason, with what it means."""
    now_ms = found["now_ms"]
    rows = [
        (
            one["link"], one["reason"], str(one["waiting"]), age(now_ms, one["oldest_ms"]),
            age(now_ms, one["last_ms"]), str(one["seen"]), str(one["not_kept"]), _size(one),
        )
        for one in found["groups"]
        if one["waiting"] or one["not_kept"]
    ]  # fmt: skip
    head = ("over", "reason", "wait", "oldest", "last came", "came", "not kept", "size")
    lines = [table(rows, head) or "nothing waits in quarantine"]
    if found["held"]:
        held = [
            (one["link"], one["reason"], str(one["frames"]), age(now_ms, one["oldest_ms"]))
            for one in found["held"]
        ]
        lines += ["", "held, and judged again by itself when statements arrive"]
        lines.append(table(held, ("over", "reason", "frames", "oldest")))
    if rows:
        lines += ["", *_cures(sorted({row[1] for row in rows}))]
    return "\n".join(lines)


def frames_screen(items: list[dict[str, Any]]) -> str:
    """Return single frames, one a line."""
    rows = [
        (
            str(one["number"]), one["link"], one["reason"], when(one["first_ms"]),
            str(one["times"]), str(one["size"]), one["state"], one["judged"] or "-",
        )
        for one in items
    ]  # fmt: skip
    head = ("frame", "over", "reason", "came first", "times", "bytes", "state", "last judgement")
    return table(rows, head) or "no frame is in quarantine"


def item_screen(one: dict[str, Any]) -> str:
    """Return one frame, its header in words, and what was done with it."""
    lines = [
        f"frame {one['number']}: {one['reason']}, over {one['link']}, {one['state']}",
        f"  came        {when(one['first_ms'])}, {one['times']} times, last {when(one['last_ms'])}",
        f"  size        {one['size']} bytes, sha256 {one['sha256']}",
    ]
    lines += [f"  detail      {one['detail']}"] if one["detail"] else []
    if one["judged"]:
        lines.append(f"  judged      {one['judged']}, {when(one['judged_ms'])}")
    lines += _header(one["header"])
    lines += [
        f"  {when(act['at_ms'])}  {act['kind']} by {act['by']}: {act['why']}" for act in one["acts"]
    ]
    return "\n".join([*lines, "", *_cures([one["reason"]])]).rstrip("\n")


def dead_screen(found: dict[str, Any]) -> str:
    """Return what of ours was not delivered, by partner and reason."""
    now_ms = found["now_ms"]
    rows = [
        (
            one["peer"], one["reason"], str(one["records"]), age(now_ms, one["oldest_ms"]),
            age(now_ms, one["newest_ms"]),
        )
        for one in found["groups"]
    ]  # fmt: skip
    text = table(rows, ("partner", "reason", "records", "oldest", "newest"))
    if not text:
        return "nothing of ours was refused or given up"
    return "\n".join([text, "", *_cures(sorted({row[1] for row in rows}))])


def letters_screen(letters: list[dict[str, Any]]) -> str:
    """Return single records, one a line."""
    rows = [
        (
            one["record_id"], one["peer"], one["type"], one["reason"], when(one["final_ms"]),
            one["why_not"] or "can be sent anew",
        )
        for one in letters
    ]  # fmt: skip
    return table(rows, ("record", "partner", "type", "reason", "since", "redrive")) or "no record"


def _header(header: dict[str, Any] | None) -> list[str]:
    if header is None:
        return ["  its bytes are not here any more"]
    if header["form"] != "envelope":
        return [f"  form        {header['form']} {header.get('refused', '')}".rstrip()]
    recipients = ", ".join(one["endpoint"] for one in header["recipients"])
    keys = ", ".join(one["encryption_key_id"] for one in header["recipients"])
    return [
        f"  envelope    {header['envelope_id']}",
        f"  claims      from {header['sender']} to {recipients}, {header['lane']}",
        f"  times       made {header['created']}, expires {header['expires']}",
        f"  signer      key {header['signer_key_id']}, directory {header['directory']['version']}",
        f"  sealed for  key {keys}",
        f"  hidden      {', '.join(header['hidden'])}",
    ]


def _cures(reasons: list[str]) -> list[str]:
    from corridor.daemon.cures import cure_of

    told = [(one, cure_of(one)) for one in reasons]
    return [f"{reason}: {cure}" for reason, cure in told if cure]


def _size(one: dict[str, Any]) -> str:
    return f"{one['waiting_bytes'] / 2**20:.1f} MiB"
