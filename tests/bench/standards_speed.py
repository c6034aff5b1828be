"""Documents a second that the standards read, beside what others do with the same files.

    python tests/bench/standards_speed.py [--seconds 2]      prints one JSON line
    BENCH_SCHEMA_DIR=DIR python tests/bench/standards_speed.py

CC015C of 7 to 8 KB: public samples where they are at hand, else the project's own fixture. On one
core, by processor time, in turns:

* corridor: decode, check and map: to a record, with every leaf accounted for and every rule asked;
* lxml: parse, and validate against a schema: that of BENCH_SCHEMA_DIR or beside the samples, else
  one made here of the documents themselves, which asks less than a real one;
* xsdata: parse into typed classes made here of the same documents; null where it is not installed.

`schema` says which schema it was: "official" or "made here".
"""

import argparse
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from dataclasses import field as field_of
from pathlib import Path
from typing import Any, TypeAlias

from lxml import etree

from corridor.standards.ncts.mapper import Options, decode

SHARED = Path(__file__).parents[3] / "shared/samples/ncts_p5"
FIXTURES = Path(__file__).parents[1] / "fixtures/ncts"
SMALLEST, LARGEST = 7_000, 8_200
TURNS = 5
_Element: TypeAlias = Any
"""An element of lxml, which the stubs call by a private name."""
_XSD = "http://www.w3.org/2001/XMLSchema"


@dataclass
class Shape:
    """What stands in an element, over all documents; elements in the order they were seen."""

    children: "dict[str, Shape]" = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    longest: int = 0

    def see(self, element: _Element) -> None:
        self.attributes.update(map(str, element.attrib))
        self.longest = max(self.longest, len(element.text or ""))
        for child in element.iterchildren(etree.Element):
            self.children.setdefault(str(child.tag), Shape()).see(child)


def documents() -> list[bytes]:
    """Return the documents that are measured with."""
    files = sorted(SHARED.rglob("instances/**/*015*.xml"))
    texts = [text for file in files if SMALLEST <= len(text := file.read_bytes()) <= LARGEST]
    taken = [text for text in texts if _taken(text)]
    return taken or [(FIXTURES / "cc015c.xml").read_bytes()]


def _taken(text: bytes) -> bool:
    try:
        return decode(text, Options()).message == "CC015C"
    except Exception:  # noqa: BLE001 - some samples are wrong on purpose: they measure nothing
        return False


def shape_of(texts: list[bytes]) -> tuple[str, Shape]:
    """Return the name of the root and what stands in it."""
    shape, name = Shape(), ""
    for text in texts:
        root = etree.fromstring(text)
        shape.see(root)
        name = str(root.tag)
    return name, shape


def made_schema(name: str, shape: Shape) -> etree.XMLSchema:
    """Return a schema that the documents fulfil: names, nesting, lengths."""
    qualified = etree.QName(name)
    root = etree.Element(f"{{{_XSD}}}schema", nsmap={"xs": _XSD})
    if qualified.namespace:
        root.set("targetNamespace", qualified.namespace)
    _declare(root, qualified.localname, shape)
    return etree.XMLSchema(etree.fromstring(etree.tostring(root)))


def _declare(parent: _Element, name: str, shape: Shape) -> None:
    element = etree.SubElement(parent, f"{{{_XSD}}}element", name=name)
    if not shape.children and not shape.attributes:
        plain = etree.SubElement(element, f"{{{_XSD}}}simpleType")
        base = etree.SubElement(plain, f"{{{_XSD}}}restriction", base="xs:string")
        etree.SubElement(base, f"{{{_XSD}}}maxLength", value=str(shape.longest))
        return
    kind = etree.SubElement(element, f"{{{_XSD}}}complexType")
    inside = etree.SubElement(kind, f"{{{_XSD}}}choice", minOccurs="0", maxOccurs="unbounded")
    for child, inner in shape.children.items():
        _declare(inside, child, inner)
    for attribute in sorted(shape.attributes):
        etree.SubElement(kind, f"{{{_XSD}}}attribute", name=attribute, type="xs:string")


def schema(texts: list[bytes]) -> tuple[etree.XMLSchema, str]:
    """Return the schema that the documents are validated against, and which it is."""
    told = os.environ.get("BENCH_SCHEMA_DIR")
    for folder in (Path(told) if told else None, SHARED / "xsd"):
        if folder is not None and (file := folder / "cc015c.xsd").exists():
            return etree.XMLSchema(etree.parse(file)), "official"
    return made_schema(*shape_of(texts)), "made here"


def made_class(name: str, shape: Shape) -> type:
    """Return a class for an element, as xsdata's generator would write it of a schema."""
    fields: list[Any] = [
        (attribute, str | None, field_of(default=None, metadata={"type": "Attribute"}))
        for attribute in sorted(shape.attributes)
    ]
    for child, inner in shape.children.items():
        kind = made_class(child, inner) if inner.children or inner.attributes else str
        told = {"name": child, "type": "Element", "namespace": ""}
        fields.append((child, list[kind], field_of(default_factory=list, metadata=told)))  # type: ignore[valid-type]
    return make_dataclass(etree.QName(name).localname, fields)


def typed(name: str, shape: Shape) -> Callable[[bytes], object] | None:
    """Return how xsdata reads a document; None where it is not installed."""
    if importlib.util.find_spec("xsdata") is None:
        return None
    from xsdata.formats.dataclass.parsers import XmlParser  # noqa: PLC0415 - perhaps not there
    from xsdata.formats.dataclass.parsers.config import ParserConfig  # noqa: PLC0415
    from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler  # noqa: PLC0415

    made = made_class(name, shape)
    made.Meta = type("Meta", (), {"namespace": etree.QName(name).namespace})  # type: ignore[attr-defined]
    parser = XmlParser(config=ParserConfig(), handler=LxmlEventHandler)
    return lambda text: parser.from_bytes(text, made)


def per_second(texts: list[bytes], read: Callable[[bytes], object], seconds: float) -> float:
    """Return documents a second of processor time."""
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for text in texts:
            read(text)
        done += len(texts)
    return done / spent


def measured(seconds: float) -> dict[str, Any]:
    """Measure and return the figures."""
    texts = documents()
    against, which = schema(texts)
    options = Options()

    def validated(text: bytes) -> None:
        if not against.validate(etree.fromstring(text)) and which == "made here":
            raise RuntimeError(against.error_log.last_error)

    ways: dict[str, Callable[[bytes], object] | None] = {
        "corridor": lambda text: decode(text, options),
        "lxml": validated,
        "xsdata": typed(*shape_of(texts)),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, way in ways.items():
            if way is not None:
                found[name].append(per_second(texts, way, seconds / TURNS))
    best = {name: round(max(rates), 1) if rates else None for name, rates in found.items()}
    return {
        "documents": len(texts),
        "bytes": round(sum(map(len, texts)) / len(texts)),
        "schema": which,
        "per_s": best,
        "corridor_ms": round(1_000 / (best["corridor"] or 1), 2),
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    print(json.dumps(measured(parser.parse_args().seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
