"""Generate the Python code of the wire schema: `.venv/bin/python proto/generate.py`.

Rules:

* `corridor/wire/v1/*.proto` beside this file is the schema; what is generated is not in git;
* the options of `buf.validate` come out of the installed protovalidate wheel, so that nothing is
  fetched and nothing of it is copied into this repository;
* generated modules import `corridor.wire.v1.validate_pb2`, so that the package `buf` of another
  distribution is never shadowed;
* typing stubs are written where mypy-protobuf is installed: users of a wheel need none.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

PROTO = Path(__file__).resolve().parent
PACKAGE = Path("corridor", "wire", "v1")
VALIDATE = Path("buf", "validate")


def schema_files() -> list[str]:
    """Return the schema's files as protoc names them, in order."""
    return sorted(str(path.relative_to(PROTO)) for path in (PROTO / PACKAGE).glob("*.proto"))


def export_rules(target: Path) -> None:
    """Write the descriptor set of `buf/validate/validate.proto` and what it imports."""
    from protovalidate._gen.buf.validate import validate_pb  # noqa: PLC0415

    ordered: dict[str, bytes] = {}

    def visit(file: object) -> None:
        for needed in file.dependencies:  # type: ignore[attr-defined]
            visit(needed)
        ordered.setdefault(file.name, file.proto.to_binary())  # type: ignore[attr-defined]

    visit(validate_pb.desc())
    target.parent.mkdir(parents=True, exist_ok=True)
    # FileDescriptorSet has one field, `file`, number 1: each is a tag, a length and the bytes.
    target.write_bytes(b"".join(b"\x0a" + _varint(len(f)) + f for f in ordered.values()))


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - the seven bits of a varint's byte
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def protoc(*arguments: str) -> None:
    """Run the protoc of grpcio-tools over the schema."""
    include = str(files("grpc_tools") / "_proto")
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", f"-I{include}", *arguments]
    subprocess.run(command, check=True)


def write_image(rules: Path, image: Path, *, comments: bool = True) -> None:
    """Write the schema as a descriptor set: what buf reads."""
    image.parent.mkdir(parents=True, exist_ok=True)
    protoc(
        f"--descriptor_set_in={rules}",
        f"--descriptor_set_out={image}",
        "--include_imports",
        *(["--include_source_info"] if comments else []),
        *schema_files(),
    )


def generate(out: Path, stub_plugin: str | None = None) -> list[Path]:
    """Write the modules below `out` and return them; with stubs where a plugin makes them."""
    with tempfile.TemporaryDirectory() as scratch:
        rules, made = Path(scratch, "validate.binpb"), Path(scratch, "made")
        made.mkdir()
        export_rules(rules)
        wanted = [f"--python_out={made}"]
        if stub_plugin is not None:
            wanted += [f"--plugin=protoc-gen-mypy={stub_plugin}", f"--mypy_out=quiet:{made}"]
        rules_file = str(VALIDATE / "validate.proto")
        protoc(f"--descriptor_set_in={rules}", *wanted, *schema_files(), rules_file)
        target = out / PACKAGE
        target.mkdir(parents=True, exist_ok=True)
        sources = sorted([*(made / PACKAGE).iterdir(), *(made / VALIDATE).iterdir()])
        return [_place(source, target / source.name) for source in sources]


def _place(source: Path, target: Path) -> Path:
    text = source.read_text(encoding="utf-8")
    text = text.replace("from buf.validate import", f"from {_DOTTED} import")
    text = text.replace("buf.validate.validate_pb2", f"{_DOTTED}.validate_pb2")
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
    return target


_DOTTED = ".".join(PACKAGE.parts)


def main() -> None:
    """Generate into `--out`, by default the source tree."""
    parser = argparse.ArgumentParser(description="generate the Python code of the wire schema")
    parser.add_argument("--out", type=Path, default=PROTO.parent / "node")
    parser.add_argument("--no-stubs", action="store_true", help="leave out the typing stubs")
    options = parser.parse_args()
    beside = str(Path(sys.executable).parent)
    plugin = None if options.no_stubs else shutil.which("protoc-gen-mypy", path=beside)
    made = generate(options.out, plugin)
    print(f"{len(made)} files below {options.out / PACKAGE}")


if __name__ == "__main__":
    main()
