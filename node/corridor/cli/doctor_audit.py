"""Check of `corridor doctor` on the trail of what operators did."""

from corridor.cli.doctor_parts import Patient, Result, ok, skip
from corridor.errors import KeyTrouble, StoreTrouble


def audit(patient: Patient) -> list[Result]:
    """The trail is whole, and holds the head that the node keeps in its store."""
    from corridor.daemon.audit_watch import kept_head, verified

    kept, unread = None, ""
    try:
        kept = kept_head(patient.config)
    except (StoreTrouble, KeyTrouble) as error:
        unread = error.message
    head, _ = verified(patient.config.store.path.parent, kept)
    found = [ok(f"{head.number} lines, whole")] if head else [skip("nothing was done yet")]
    if unread:
        found.append(skip(f"not held against the head in the store: {unread}"))
    return found
