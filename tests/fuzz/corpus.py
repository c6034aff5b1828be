"""What the fuzzer starts from: right envelopes, their keys, and a receiver."""

from dataclasses import dataclass

from corridor.errors import Reason, Refused
from corridor.seal import envelope, frame
from corridor.seal.keys import DecryptionKey
from corridor.transit.parties import Endpoint
from testkit import world
from testkit.envelopes import Built, Spec, To, build
from testkit.proto import record

ATTACKER = b"AZ.SCC"
"""A member like any other, with an agreement and keys of its own; and bad intentions."""


@dataclass(frozen=True)
class Sample:
    """A right envelope and how it was made."""

    spec: Spec
    built: Built


def samples() -> tuple[Sample, ...]:
    """Return right envelopes of both suites, lanes, sizes, senders and numbers of recipients."""
    several = tuple(record(index, b"record %d" % index) for index in range(5))
    large = (record(9, bytes(range(256)) * 24),)
    az = {"sender": ATTACKER, "signer": world.signer("az")}
    specs = []
    for suite in (1, 2):
        other = To(ATTACKER, world.opener("az", suite))
        specs += [
            world.spec(f"fuzz/{suite}/one", suite),
            world.spec(f"fuzz/{suite}/again", suite, seq=2),
            world.spec(f"fuzz/{suite}/several", suite, records=several, lane=0),
            world.spec(f"fuzz/{suite}/large", suite, records=large, lane=2),
            world.spec(f"fuzz/{suite}/shared", suite, to=(other, world.us(suite))),
            world.spec(f"fuzz/{suite}/az", suite, **az),
        ]
    return tuple(Sample(spec, build(spec)) for spec in specs)


class Receiver:
    """Takes frames as a node does, R0 to R16, against the world of the vectors."""

    def __init__(self) -> None:
        """Load the keys."""
        self.me = Endpoint(world.ME.decode())
        self.signers = {
            (known.endpoint.decode(), known.key.key_id): known.key.public
            for known in world.SIGNERS
            if known.usage == "SIGN" and not known.revoked
        }
        own = [DecryptionKey.from_secret(key.suite, key.key.secret) for key in world.OWN_KEYS]
        self.keys = {key.key_id: key for key in own}

    def receive(self, data: bytes) -> envelope.Opened:
        """Return what `data` holds, or raise Refused."""
        parsed = frame.parse_frame(data)
        header = parsed.header
        frame.check_context(header, world.NETWORK_ID, world.MIN_SUITE)
        place = frame.place_of(header, self.me)
        public = self.signers.get((header.sender, header.signer_key_id))
        if public is None:
            raise Refused(Reason.UNKNOWN_SIGNER)
        envelope.check_signature(parsed, public)
        key = self.keys.get(header.recipients[place].enc_key_id)
        if key is None:
            raise Refused(Reason.KEY_UNKNOWN)
        return envelope.open_frame(parsed, self.me, key)
