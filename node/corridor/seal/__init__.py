"""Floor 3: envelopes. The one door to PyNaCl and cryptography."""
