-- Under which idempotency key a record of ours was accepted: noted in the transaction that accepts
-- it, and kept as long as the outbox knows the record, which is for ever.
-- A key is a SHA-256 (of whose it is and what it is), so that none can be read here.

CREATE TABLE submission_keys (
  key BLOB PRIMARY KEY CHECK (length(key) = 32),
  partner INTEGER NOT NULL,
  record_id BLOB NOT NULL CHECK (length(record_id) = 16),
  digest BLOB NOT NULL,         -- SHA-256 of the record as it was offered
  noted_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
