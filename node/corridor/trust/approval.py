"""How far the signing of a root or directory has come: which bodies signed, which are missing.

Rules:

* a signature that is wrong is refused here too: nobody is told that a body signed who did not;
* what is said here admits nothing; whether a statement is believed is `state.adopt`'s question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from corridor.errors import Reason, Refused
from corridor.trust.checks import require
from corridor.trust.root import Body, Clause, counted, describe_clauses, quorum_met
from corridor.trust.statements import Signed


@dataclass(frozen=True, slots=True)
class Approval:
    """The signatures of a statement against the bodies that may sign it."""

    bodies: tuple[Body, ...]
    signers: frozenset[bytes]
    needs: tuple[Clause, ...]

    @property
    def complete(self) -> bool:
        """Whether enough bodies signed."""
        return quorum_met(self.needs, counted(self.bodies, self.signers))

    def signed_by(self) -> tuple[str, ...]:
        """Return the ids of the bodies that count."""
        return tuple(body.body_id for body in counted(self.bodies, self.signers))

    def missing(self) -> tuple[str, ...]:
        """Return the ids of the bodies that have not signed, or with too few of their keys."""
        done = self.signed_by()
        return tuple(body.body_id for body in self.bodies if body.body_id not in done)

    def words(self) -> str:
        """Return it as a sentence."""
        signed = ", ".join(self.signed_by()) or "no body"
        text = f"signed by {signed}; needs {describe_clauses(self.needs)}"
        if self.complete:
            return f"{text}: complete"
        return f"{text}: not yet, may still sign: {', '.join(self.missing())}"


def approval(signed: Signed, bodies: Sequence[Body], needs: Sequence[Clause]) -> Approval:
    """Return how far the signing of `signed` has come.

    Raises:
        Refused: STATEMENT_SIGNATURE where a signature of a body's key is wrong.
    """
    keys = {key.key_id: key for body in bodies for key in body.keys}
    try:
        signers = signed.signers(keys)
    except Refused as refused:
        if refused.reason is not Reason.QUORUM:
            raise
        signers = frozenset[bytes]()
    return Approval(tuple(bodies), signers, tuple(needs))


def merge_signatures(statements: Sequence[Signed]) -> Signed:
    """Return one statement with the signatures of all its copies, each key's first one.

    Raises:
        Refused: STATEMENT_CHAIN where they do not say the same.
    """
    first = statements[0]
    same = {(one.payload_type, one.payload) for one in statements}
    require(len(same) == 1, Reason.STATEMENT_CHAIN, "the files do not say the same")
    found = {entry.key_id: entry for one in reversed(statements) for entry in one.signatures}
    return replace(first, signatures=tuple(found.values()))
