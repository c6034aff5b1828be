"""Sample national systems: small programs that know a gateway and nothing else of a node."""
