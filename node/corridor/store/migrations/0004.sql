-- Schema 4: retention, legal holds, and what is left of what was erased.

-- Of an erased record its row stays with size 0: identity, SHA-256, times and verdict, for ever.
CREATE TABLE erasures (
  side INTEGER NOT NULL,        -- 0 outbox, 1 inbox
  row INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  by_order INTEGER NOT NULL,    -- 0: its retention was over
  words BLOB NOT NULL,          -- who and why, JSON sealed under the storage key
  indexed INTEGER NOT NULL DEFAULT 1, -- 1: hashes of its terms may still stand in `terms`; 2: they are
                                -- being taken out; 0: they are gone
  PRIMARY KEY (side, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasures_indexed ON erasures (side, row) WHERE indexed > 0;

-- Who wants what kept, and why. Never removed: a hold that was released stays as released.
CREATE TABLE holds (
  number INTEGER PRIMARY KEY,
  words BLOB NOT NULL,          -- kind, value, who and why, JSON sealed under the storage key
  placed_ms INTEGER NOT NULL,
  until_ms INTEGER,             -- NULL: until it is released
  released_ms INTEGER
) STRICT;

-- Leaves of the records of an envelope of which a record was erased: what the disclosure seed
-- proved, it proves no more, since with it a guess at the erased one could be tried.
CREATE TABLE disclosures (
  envelope INTEGER PRIMARY KEY, -- row of `received`
  sealed BLOB NOT NULL          -- leaf (32 bytes) and salt (32, zeros: erased) of each record
) STRICT;

-- Header and signature of an envelope of ours, kept when its bytes are erased.
CREATE TABLE headers (
  row INTEGER PRIMARY KEY,      -- row of `sealed`
  header BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;
