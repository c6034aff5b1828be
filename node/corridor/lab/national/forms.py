"""Messages of a standard, filled in from templates and read as XML."""

from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

_TEMPLATES: Final = resources.files("corridor.lab.national").joinpath("templates")


def fill(name: str, values: Mapping[str, object], parts: Mapping[str, str] | None = None) -> str:
    """Fill in a template: "ncts/CD006C.xml".

    Args:
        name: The template.
        values: What stands in its places.
        parts: What is XML already.
    """
    text = _TEMPLATES.joinpath(name).read_text(encoding="utf-8")
    escaped = {key: escape(str(value)) for key, value in values.items()}
    return Template(text).substitute(escaped | dict(parts or {}))


def line(element: str, value: object, indent: int = 2) -> str:
    """Return an element with a text on a line of its own."""
    return f"{' ' * indent}<{element}>{escape(str(value))}</{element}>\n"


def read(document: bytes) -> ET.Element:
    """Read a message; the node that wrote it has no entities and no document types."""
    return ET.fromstring(document)  # noqa: S314 - of our own node


def told(root: ET.Element, path: str) -> str:
    """Return the text at a path, "" where nothing stands."""
    return (root.findtext(path) or "").strip()


def local(root: ET.Element) -> str:
    """Return what the message is called, without its namespace."""
    return root.tag.rpartition("}")[2]
