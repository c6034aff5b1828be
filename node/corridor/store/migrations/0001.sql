-- Schema 1 of the store. Times are Unix milliseconds, positions (epoch, seq), ids raw bytes.
-- What can be read without the storage key: ids, positions, sizes, times, types, verdicts, and
-- what any broker on the path saw anyway (frames and headers). Everything else is sealed.

CREATE TABLE partners (
  id INTEGER PRIMARY KEY,
  endpoint TEXT NOT NULL UNIQUE
) STRICT;

-- Entries of records, sealed together under the storage key as they came together.
CREATE TABLE bundles (
  row INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL
) STRICT;

-- Records of ours. Small rows, since each is updated twice in its life; no foreign key, since it
-- would be looked up again for each record (as in inbox).
CREATE TABLE outbox (
  row INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL,
  record_id BLOB NOT NULL CHECK (length(record_id) = 16),
  record_type INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  accepted_ms INTEGER NOT NULL,
  digest BLOB NOT NULL,         -- SHA-256 of the entry: the record's identity for ever
  sealed INTEGER,               -- the envelope that holds it; NULL: it waits
  verdict INTEGER,              -- 1 ACCEPTED and 2 REFUSED are final
  reason INTEGER,
  receipted_ms INTEGER,
  faults TEXT,                  -- JSON list of rule ids and field paths
  bundle INTEGER NOT NULL,      -- where its entry stands
  start INTEGER NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_identity ON outbox (record_id, partner);
CREATE INDEX outbox_waiting ON outbox (partner, lane, sealed) WHERE sealed IS NULL;

-- In which order records of ours became final.
CREATE TABLE outcomes (
  cursor INTEGER PRIMARY KEY,
  row INTEGER NOT NULL
) STRICT;

-- Envelopes of ours.
CREATE TABLE sealed (
  row INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL REFERENCES partners,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  prev BLOB NOT NULL,
  envelope_id BLOB NOT NULL UNIQUE,
  payload_root BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  family TEXT NOT NULL,
  lane INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  oldest_ms INTEGER,            -- when the oldest of its records was accepted
  records BLOB NOT NULL,        -- outbox rows in order, 8 bytes each
  attempts INTEGER NOT NULL DEFAULT 0,
  settled_ms INTEGER,           -- NULL: it needs a receipt
  erased INTEGER NOT NULL DEFAULT 0 -- 1: its bytes are gone from `frames`
) STRICT;
CREATE UNIQUE INDEX sealed_position ON sealed (partner, epoch, seq);
CREATE INDEX sealed_open ON sealed (partner, epoch, seq) WHERE settled_ms IS NULL;
CREATE INDEX sealed_settled ON sealed (settled_ms) WHERE settled_ms IS NOT NULL AND erased = 0;

-- Their bytes, as sealed for the partner: nobody but the partner opens them, the storage key
-- would add nothing but the cost of a second encryption.
CREATE TABLE frames (
  row INTEGER PRIMARY KEY,
  frame BLOB NOT NULL
) STRICT;

CREATE TABLE out_streams (
  partner INTEGER PRIMARY KEY REFERENCES partners,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  envelope_id BLOB NOT NULL,
  created_ms INTEGER NOT NULL,
  receipted_epoch INTEGER NOT NULL,
  receipted_seq INTEGER NOT NULL,
  receipted_id BLOB NOT NULL
) STRICT;

-- Envelopes of partners: the evidence that they sent them, and what we said of them.
CREATE TABLE received (
  row INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL REFERENCES partners,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  prev BLOB NOT NULL,
  envelope_id BLOB NOT NULL UNIQUE,
  payload_root BLOB NOT NULL,
  header BLOB NOT NULL,
  signature BLOB NOT NULL,
  seed BLOB,                    -- disclosure seed, sealed under the storage key
  family TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  reason INTEGER,
  exceptions TEXT,              -- JSON: records with another verdict
  owed INTEGER NOT NULL         -- 1: no receipt of ours has carried the verdict yet
) STRICT;
CREATE UNIQUE INDEX received_position ON received (partner, epoch, seq);
CREATE INDEX received_owed ON received (partner) WHERE owed = 1;

CREATE TABLE in_streams (
  partner INTEGER NOT NULL REFERENCES partners,
  epoch INTEGER NOT NULL,
  complete_to INTEGER NOT NULL,
  head_id BLOB NOT NULL,
  highest INTEGER NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (partner, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (
  partner INTEGER NOT NULL REFERENCES partners,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  envelope_id BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (partner, epoch, seq)
) STRICT, WITHOUT ROWID;

-- Records of partners for the national system.
CREATE TABLE inbox (
  cursor INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL,
  record_id BLOB NOT NULL CHECK (length(record_id) = 16),
  envelope INTEGER NOT NULL,    -- row of `received`
  place INTEGER NOT NULL,       -- its place in the envelope, from 0
  record_type INTEGER NOT NULL,
  verdict INTEGER NOT NULL,     -- only 1 ACCEPTED is handed on
  reason INTEGER,
  possible_repeat INTEGER NOT NULL,
  digest BLOB NOT NULL,
  bundle INTEGER NOT NULL,      -- where its entry stands
  start INTEGER NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX inbox_identity ON inbox (record_id, partner);

-- Records of partners that do not enter the inbox and are needed as evidence: control records,
-- refused ones, and those that came before (their bytes stand in the inbox).
CREATE TABLE aside (
  envelope INTEGER NOT NULL,
  place INTEGER NOT NULL,
  record_id BLOB NOT NULL,
  record_type INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  reason INTEGER,
  entry BLOB,                   -- sealed under the storage key
  PRIMARY KEY (envelope, place)
) STRICT, WITHOUT ROWID;

-- Keyed hashes of what records can be found by: packed as they come, later sorted into runs.
CREATE TABLE packed_terms (
  row INTEGER PRIMARY KEY,
  side INTEGER NOT NULL,        -- 0 outbox, 1 inbox
  base INTEGER NOT NULL,        -- the row that offset 0 means
  count INTEGER NOT NULL,
  items BLOB NOT NULL           -- hash (8 bytes) and offset (4 bytes) of each
) STRICT;
CREATE TABLE terms (
  run INTEGER NOT NULL,
  term BLOB NOT NULL,
  side INTEGER NOT NULL,
  row INTEGER NOT NULL,
  PRIMARY KEY (run, term, side, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  row INTEGER PRIMARY KEY,
  link TEXT NOT NULL,
  reason INTEGER NOT NULL,
  frame_digest BLOB NOT NULL,
  frame BLOB NOT NULL,          -- sealed under the storage key: it may be anything
  at_ms INTEGER NOT NULL,
  detail TEXT NOT NULL,
  UNIQUE (reason, frame_digest)
) STRICT;
CREATE INDEX quarantine_link ON quarantine (link);

CREATE TABLE held (
  row INTEGER PRIMARY KEY,
  link TEXT NOT NULL,
  claimed_sender TEXT NOT NULL,
  reason INTEGER NOT NULL,
  frame BLOB NOT NULL,          -- sealed under the storage key: it may be anything
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX held_sender ON held (claimed_sender);

-- The evidence log (PROTOCOL §8) and its full subtrees, so that appending costs O(log n).
CREATE TABLE leaves (
  number INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 32),
  aux BLOB NOT NULL CHECK (length(aux) = 32)
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
