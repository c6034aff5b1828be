-- Schema 11: what the national systems of partners accept, as they said it last.
CREATE TABLE acceptances (
  partner INTEGER PRIMARY KEY,
  knows INTEGER NOT NULL,                  -- 1: it knows the record with which this is told
  statement BLOB NOT NULL DEFAULT x'',     -- the Signed as it came; empty where it said nothing
  digest BLOB NOT NULL DEFAULT x'',        -- SHA-256 of its payload
  issued_ms INTEGER NOT NULL DEFAULT 0,
  taken_ms INTEGER NOT NULL DEFAULT 0,     -- when it came first
  said_ms INTEGER NOT NULL DEFAULT 0       -- when it was said last
) STRICT;
