"""What the watch over links says to a person: what it found, and what to do (pure)."""

from typing import Final

from corridor.exchange.link_values import Trouble
from corridor.transit.parties import CountryCode

_SENTENCES: Final = {
    Trouble.ALARM: "the own broker is short of {detail}",
    Trouble.STOPPED: "the link that fetches from {partner} is stopped by the node: {detail}",
    Trouble.PARAMETER: "the upstream of {partner} at the own broker {detail}",
    Trouble.POLICY: "the policy {detail} of the own broker is not as rendered",
    Trouble.MISSING: "the own broker has no link that fetches from {partner}",
    Trouble.STARTING: "the link that fetches from {partner} has been starting for too long",
    Trouble.DOWN: "the link that fetches from {partner} does not run ({detail})",
    Trouble.SILENT: "the link that fetches from {partner} runs and brings nothing: no receipt "
    "for a canary that {partner}'s broker has taken",
    Trouble.FLAPPING: "the link that fetches from {partner} came back {detail} times within "
    "ten minutes",
    Trouble.CANARY_LATE: "no receipt for a canary to {partner}",
    Trouble.NOT_FETCHED: "{partner}'s broker does not fetch from ours",
    Trouble.ORPHANED: "nobody fetches from the queue {detail!r}, and it keeps what lies in it",
    Trouble.STRAY: "the own broker has an upstream {detail}, which belongs to no partner",
    Trouble.UNLINKED: "no link to {partner} yet: {detail}",
    Trouble.UNSEEN: "how the links do is not known: {detail}",
}

CURES: Final = {
    Trouble.ALARM: "free disk or memory at the broker; links start again by themselves then",
    Trouble.STOPPED: "free disk or memory at the broker; what partners send waits at their brokers",
    Trouble.PARAMETER: "the node puts it back; where that does not last, find who changes it "
    "(`corridor broker check`)",
    Trouble.POLICY: "the node puts it back; where that does not last, find who changes it "
    "(`corridor broker check`)",
    Trouble.MISSING: "the node makes it anew; where that does not help, restart the broker",
    Trouble.STARTING: "the node restarts it; see the broker's log, and `corridor doctor`",
    Trouble.DOWN: "econnrefused, timeout: the partner's broker or a firewall is shut, call the "
    "partner (`corridor doctor --only reach` tries the way); closed: its broker's log says why",
    Trouble.SILENT: "the node restarts it; where that does not help, the partner's node is down: "
    "call the partner",
    Trouble.FLAPPING: "look at the network between the two brokers, and at both brokers' logs",
    Trouble.CANARY_LATE: "`corridor peer test`, and `corridor doctor` on both sides",
    Trouble.NOT_FETCHED: "have the partner run `corridor doctor`: its link to our broker is shut",
    Trouble.ORPHANED: "where the partner has left: `corridor broker clean`",
    Trouble.STRAY: "where the partner has left: `corridor broker clean`",
    Trouble.UNLINKED: "ask the partner to issue the certificate: `corridor broker request`",
    Trouble.UNSEEN: "give the node the password of corridor-watch: `watch.password_file`",
}


def say(trouble: Trouble, partner: CountryCode | None, detail: str) -> str:
    """Return the sentence for a person."""
    return _SENTENCES[trouble].format(partner=partner, detail=detail)
