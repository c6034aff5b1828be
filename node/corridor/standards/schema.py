"""Validity by the official schema of a standard, where somebody has it at hand.

Rules:

* schemas are not part of Corridor: whoever has them gives a way to read them by name;
* nothing is fetched: a schema that includes what is not there cannot be used, by name;
* the words of a fault quote the document: they are for whoever holds it, not for a log.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from corridor.errors import InputTrouble

ReadSchema = Callable[[str], bytes | None]
"""Gives the content of a schema file by its name, or None where there is none."""

MAX_FAULTS: Final = 20
_BASE: Final = "schema:///"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """An element that breaks the schema, with the schema processor's own words."""

    path: str
    words: str


@dataclass(slots=True)
class Schemas:
    """The schemas of a folder, each compiled once."""

    read: ReadSchema
    _compiled: dict[str, Any] = field(default_factory=dict)

    def faults(self, name: str, document: bytes) -> tuple[SchemaFault, ...] | None:
        """Validate a document that has been read before without a fault.

        Returns:
            The first MAX_FAULTS faults, none for a valid document; None where the folder has no
            schema `name`.

        Raises:
            InputTrouble: The schema itself cannot be used.
        """
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        schema = self._compiled[name]
        if schema is None:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        if schema.validate(etree.fromstring(document, parser)):
            return ()
        found = list(schema.error_log)[:MAX_FAULTS]
        return tuple(SchemaFault(str(fault.path or ""), str(fault.message)) for fault in found)

    def _compile(self, name: str) -> "etree.XMLSchema | None":
        content = self.read(name)
        if content is None:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        parser.resolvers.add(_Included(self.read))
        try:
            return etree.XMLSchema(etree.fromstring(content, parser, base_url=_BASE + name))
        except etree.LxmlError as fault:
            raise InputTrouble(
                f"the schema {name} cannot be used: {fault}",
                cure="keep the whole schema set, with what it includes, in the schema folder",
            ) from None


class _Included(etree.Resolver):
    """Gives a schema what it includes, from the same folder and nowhere else."""

    def __init__(self, read: ReadSchema) -> None:
        self._read = read

    def resolve(  # type: ignore[override]  # the stubs leave `context` out
        self,
        system_url: Any,  # noqa: ANN401
        public_id: Any,  # noqa: ANN401
        context: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        del public_id
        content = self._read(system_url.removeprefix(_BASE))
        return self.resolve_string(content or b"", context, base_url=system_url)
