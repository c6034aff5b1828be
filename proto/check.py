"""Check the wire schema: `.venv/bin/python proto/check.py`.

Rules:

* it is written as buf's STANDARD and COMMENTS rules want it;
* it can still read and write what the last release wrote: `tests/releases/VERSION/schema.binpb`
  is kept at each release (`--keep VERSION`) and the newest is compared with;
* nothing is fetched: buf reads images that protoc built.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import PROTO, export_rules, write_image

RELEASES = PROTO.parent / "tests" / "releases"
IMAGE = "schema.binpb"


def buf(*arguments: str) -> int:
    """Run the buf of this environment; return its exit status."""
    command = [str(Path(sys.executable).with_name("buf")), *arguments]
    return subprocess.run(command, cwd=PROTO, check=False).returncode


def last_release() -> Path | None:
    """Return the kept image of the newest release."""

    def version(image: Path) -> tuple[int, ...]:
        return tuple(int(part) for part in image.parent.name.split("."))

    return max(RELEASES.glob(f"*/{IMAGE}"), key=version, default=None)


def check(image: Path) -> int:
    """Return 0 if the schema in `image` is well written and breaks nobody."""
    status = buf("lint", str(image), "--config", "buf.yaml")
    before = last_release()
    if before is not None:
        status |= buf("breaking", str(image), "--against", str(before), "--config", "buf.yaml")
    return status


def main() -> int:
    """Check the schema, or keep its image as that of a release."""
    parser = argparse.ArgumentParser(description="check the wire schema")
    parser.add_argument("--keep", metavar="VERSION", help="keep the image as that release's")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rules, image = Path(scratch, "validate.binpb"), Path(scratch, IMAGE)
        export_rules(rules)
        if options.keep:
            write_image(rules, RELEASES / options.keep / IMAGE, comments=False)
            return 0
        write_image(rules, image)
        return check(image)


if __name__ == "__main__":
    sys.exit(main())
