"""Check the wire schema: `.venv/bin/python proto/check.py`.

Rules:

* it is written as buf's STANDARD and COMMENTS rules want it;
* it can still read and write what the last release wrote: `tests/releases/VERSION/schema.binpb`
  is kept at each release (`--keep VERSION`) and the newest is compared with;
* every message and field of a business record names its counterpart in NCTS, eTIR, ASYCUDA or
  another standard, or says that there is none;
* nothing is fetched: buf reads images that protoc built.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from generate import PROTO, export_rules, write_image
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

RELEASES = PROTO.parent / "tests" / "releases"
IMAGE = "schema.binpb"
BUSINESS = ("types", "goods", "movement", "records")
COUNTERPART = re.compile(
    r"\b(NCTS|eTIR|ASYCUDA|WCO|EAEU|EDIFACT|DUCA-T|C[CD][0-9]{3}[CD])\b|no\s+counterpart"
)
MESSAGE, FIELD = FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, 2


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


def nameless(image: Path) -> list[str]:
    """Return the business messages and fields in `image` whose comment names no counterpart."""
    files = FileDescriptorSet.FromString(image.read_bytes()).file
    business = {f"corridor/wire/v1/{name}.proto" for name in BUSINESS}
    return [
        name
        for file in files
        if file.name in business
        for name, comment in comments(file)
        if not COUNTERPART.search(comment)
    ]


def comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """Return each message and field of a file with the comment above it."""
    found = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
    for index, message in enumerate(file.message_type):
        yield message.name, found[MESSAGE, index]
        for place, field in enumerate(message.field):
            yield f"{message.name}.{field.name}", found[MESSAGE, index, FIELD, place]


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
        lacking = nameless(image)
        for name in lacking:
            print(f"{name}: its comment names no counterpart, nor says that there is none")
        return check(image) or int(bool(lacking))


if __name__ == "__main__":
    sys.exit(main())
