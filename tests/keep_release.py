"""Keeps what later versions have to read of this one: `python tests/keep_release.py VERSION`.

Run it once, as the last thing before a release, together with `python proto/check.py --keep
VERSION`; see builders_release.py.
"""

import json
import sys

import builders_release as release
import builders_store
from corridor.store.sqlite import SqliteStore


def main(arguments: list[str]) -> int:
    """Write tests/releases/VERSION."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = release.RELEASES / arguments[0]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "store.db"
    path.unlink(missing_ok=True)
    release.write_store(path)
    with SqliteStore.open(path, builders_store.KEY) as store:
        facts = release.describe_store(store)
    for lock in folder.glob("*.lock"):
        lock.unlink()
    for name, content in (
        ("store.json", facts),
        ("envelopes.json", release.make_envelopes()),
        ("statements.json", release.make_statements()),
    ):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
