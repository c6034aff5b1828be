"""HTTP in front of the node's service: see docs/manual/http.md."""
