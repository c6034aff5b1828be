"""Write the vectors of this folder, or compare them with what would be written.

    python proto/vectors/generate.py            write
    python proto/vectors/generate.py --check    compare; exit 1 and name the files that differ

They come from tests/testkit, which shares no code with the product and draws no randomness.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from testkit.vectors import documents  # noqa: E402 - the path above leads to it


def rendered() -> dict[str, str]:
    """Return each file's text by name."""
    return {
        name: json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        for name, document in documents().items()
    }


def main(arguments: list[str]) -> int:
    """Write or compare; return the exit status."""
    texts = rendered()
    if "--check" not in arguments:
        for name, text in texts.items():
            (HERE / name).write_text(text, encoding="ascii")
        print(f"{len(texts)} files of vectors written")
        return 0
    stale = [name for name, text in texts.items() if _kept(name) != text]
    for name in stale:
        print(f"proto/vectors/{name} differs from what the testkit makes")
    return 1 if stale else 0


def _kept(name: str) -> str:
    path = HERE / name
    return path.read_text(encoding="ascii") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
