"""Checks of `corridor doctor` about what waits for a person."""

from corridor.cli.doctor_parts import Patient, Result, ok, skip, warn
from corridor.cli.options import age


def quarantine(patient: Patient) -> list[Result]:
    """Nothing waits in quarantine, and everything found room there."""
    status = patient.status
    if status is None:
        return [skip("the node does not run", "`corridor quarantine list` reads its store")]
    found = status["quarantine"]
    if not found["waiting"]:
        return [ok("nothing waits in quarantine")]
    since = age(patient.now_ms, found["oldest_ms"])
    cure = "`corridor quarantine list`, then release or reject; docs/manual/quarantine.md"
    results = [warn(f"{found['waiting']} frames wait in quarantine, the oldest {since}", cure)]
    if found["not_kept"]:
        what = f"{found['not_kept']} frames found no room in quarantine and were only counted"
        results.append(warn(what, "call the partner; reject what is known, and there is room"))
    return results
