"""How the national system of a node writes, and how strictly: what `[standards]` says, read."""

from corridor.daemon.config_standards import StandardsSection
from corridor.gateway.codelists import ListFolder
from corridor.gateway.dialects import read_dialect
from corridor.gateway.iso import IsoTables
from corridor.standards.judging import Judging, Manner, Rules


def read_manner(section: StandardsSection, *, whole: bool = False) -> Manner:
    """Return what a section says.

    Args:
        section: The section.
        whole: Whether every code list is read and verified now, as a node does at its start.

    Raises:
        ConfigurationError: A file that it names cannot be read, used or believed.
    """
    dialect, rules = read_dialect(section.dialect), Rules(section.rules)
    if section.codelists is None:
        return Manner(dialect, Judging(rules=rules, iso=IsoTables()))
    trusted = frozenset(bytes.fromhex(one) for one in section.codelist_signers)
    lists = ListFolder(section.codelists, trusted)
    if whole:
        for _ in lists.check():
            pass
    return Manner(dialect, Judging(lists, rules, IsoTables()))
