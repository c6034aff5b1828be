"""What is doubtful or wrong in a message beyond its form: an identifier, a code, a rule.

Rules:

* a finding names the element, the public id of the rule that it breaks, and in a short sentence
  what that means; it repeats no value of a party;
* a finding is a warning where the world is untidy, and refuses only where whoever runs the node
  has said so;
* there is an end to findings: a message of a thousand items that breaks a rule in each of them
  names the first of them and says how many more there are, so that it hides nothing else.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from corridor.errors import Reason, Refused

MISSING: Final = "missing"
"""Rule of a finding: the standard demands an element that the message does not have."""
MAX_FINDINGS: Final = 100
"""Of one message: a person reads no more, and a receipt of a hostile one stays small."""
MAX_ALIKE: Final = 3
"""Of one rule about one element, wherever it stands: a person knows then what to look for."""
MAX_NAMED: Final = 8
_INDEX: Final = re.compile(r"\[\d+\]")
_Alike = tuple[str, str, str, bool]
"""Of a finding: the element without its place, the rule, the words, and whether it refuses."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a message that is doubtful or wrong.

    Attributes:
        path: The element, "CC015C/Consignment/TransportEquipment[1]/Seal[2]/identifier".
        rule: Which rule it breaks: "check_digit", "CL017", "R0028".
        words: What that means.
        refuses: Whether the message is not taken because of it.
        reason: What a refusal is called.
    """

    path: str
    rule: str
    words: str
    refuses: bool = False
    reason: Reason = Reason.RECORD_INVALID

    @property
    def line(self) -> str:
        """The finding on one line, as a list of warnings has it."""
        return f"{self.path}: {self.rule}: {self.words}"


def gather(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the first MAX_FINDINGS that warn and as many that refuse, in their order.

    Of those that are alike but for their places the first MAX_ALIKE, the last of which says how
    many more there are. No number of warnings hides a refusal; whoever has MAX_FINDINGS reasons to
    refuse needs no more.
    """
    kept: list[Finding] = []
    counts, shown = Counter[_Alike](), Counter[_Alike]()
    last: dict[_Alike, int] = {}
    left = {True: MAX_FINDINGS, False: MAX_FINDINGS}
    for one in findings:
        alike = (_INDEX.sub("", one.path), one.rule, one.words, one.refuses)
        counts[alike] += 1
        if shown[alike] < MAX_ALIKE and left[one.refuses]:
            left[one.refuses] -= 1
            shown[alike] += 1
            last[alike] = len(kept)
            kept.append(one)
        if not left[True]:
            break
    for alike, at in last.items():
        if more := counts[alike] - shown[alike]:
            # what judges looks no further than MAX_FINDINGS of one kind
            many = "many" if counts[alike] >= MAX_FINDINGS else str(more)
            kept[at] = replace(kept[at], words=f"{kept[at].words} (and in {many} more places)")
    return tuple(kept)


def warnings_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the lines of those that do not refuse."""
    return tuple(finding.line for finding in findings if not finding.refuses)


def refuse(findings: Iterable[Finding]) -> None:
    """Refuse a message of which a finding says so.

    Raises:
        Refused: By the reason of the first such finding; up to MAX_NAMED of them are named.
    """
    wrong = [finding for finding in findings if finding.refuses]
    if wrong:
        named = "; ".join(f"{one.path} ({one.rule}: {one.words})" for one in wrong[:MAX_NAMED])
        raise Refused(wrong[0].reason, named)
