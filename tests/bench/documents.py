"""Whole declarations as national systems send them: CC015C in XML, the original attached."""

import re
import time
from pathlib import Path

from corridor.standards.ncts.mapper import Options, decode
from corridor.wire.records import encode_record

SAMPLES = Path(__file__).parents[3] / "shared/samples/ncts_p5/instances/hmrc_trader_test_v7"
# Only the office of guarantee gets a code; in other copies a node leaves the original out too.
_ACCESS_CODE = re.compile(rb"\s*<accessCode>[^<]*</accessCode>")
FIXTURES = Path(__file__).parents[1] / "fixtures"


def declarations(count: int) -> list[bytes]:
    """Return records with originals, from public samples or the project's own fixtures."""
    files = sorted(SAMPLES.glob("*ie015*.xml")) or sorted(FIXTURES.rglob("*[cC][cC]015*.xml"))
    options = Options(attach_original=True)
    texts = [_ACCESS_CODE.sub(b"", file.read_bytes()) for file in files]
    records = [encode_record(decode(text, options).record) for text in texts]
    if not records:
        raise FileNotFoundError("no CC015C document to measure with")
    return [records[number % len(records)] for number in range(count)]


if __name__ == "__main__":
    began = time.perf_counter()
    sizes = [len(record) for record in declarations(200)]
    print(f"{sum(sizes) / len(sizes):.0f} bytes, {(time.perf_counter() - began) * 5:.2f} ms each")
