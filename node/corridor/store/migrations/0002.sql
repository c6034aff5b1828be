-- Schema 2: how far records come beyond the own outbox and inbox, and what officers decide.

-- Envelopes of ours: when our broker had them, and how far the partner says they have come.
ALTER TABLE sealed ADD COLUMN published_ms INTEGER;    -- last time that our broker confirmed
ALTER TABLE sealed ADD COLUMN confirmed_ms INTEGER;    -- first time
ALTER TABLE sealed ADD COLUMN handed_ms INTEGER;       -- by the partner's clock
ALTER TABLE sealed ADD COLUMN acknowledged_ms INTEGER; -- by the partner's clock

-- Envelopes of partners with records for the national system, until the partner has been told.
CREATE TABLE handovers (
  partner INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  last_cursor INTEGER NOT NULL, -- of its records in the inbox
  told INTEGER NOT NULL DEFAULT 0, -- 1 handed, 2 acknowledged
  told_ms INTEGER,
  PRIMARY KEY (partner, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX handovers_due ON handovers (partner, told, last_cursor) WHERE told < 2;
CREATE INDEX handovers_told ON handovers (told_ms) WHERE told = 2;

-- Up to which cursor of the inbox records were handed over (1) and acknowledged (2), and by when.
CREATE TABLE marks (
  kind INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, cursor)
) STRICT, WITHOUT ROWID;

-- Whether a partner tells what its national system takes: 1 it does, 2 it does not.
CREATE TABLE tellings (
  partner INTEGER PRIMARY KEY,
  telling INTEGER NOT NULL
) STRICT;

-- What officers decided of records of ours, and why.
CREATE TABLE acts (
  row INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL,
  record_id BLOB NOT NULL CHECK (length(record_id) = 16),
  act TEXT NOT NULL,            -- withdrawn, resent, repeated
  at_ms INTEGER NOT NULL,
  again BLOB,                   -- id of the record that takes its place
  why BLOB NOT NULL             -- sealed under the storage key: a person wrote it
) STRICT;
CREATE INDEX acts_record ON acts (record_id, partner);
