"""The webhook: the node posts what is new to an address of the national system."""
