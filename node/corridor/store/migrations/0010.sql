-- Schema 10: what both sides hold of each day, and what of it they do not agree on; how far
-- partners have come in returning what a restored store had forgotten.

-- Refused records of partners by their ids: a day is counted by ids.
CREATE INDEX aside_refused ON aside (record_id) WHERE verdict = 2;

-- Records of types that only a later version knows.
CREATE INDEX inbox_parked ON inbox (cursor) WHERE verdict = 3;
CREATE INDEX aside_parked ON aside (record_id) WHERE verdict = 3;

-- Partners that know the record with which days are told.
CREATE TABLE reconcilers (
  partner INTEGER PRIMARY KEY,
  knows INTEGER NOT NULL,
  counted INTEGER NOT NULL DEFAULT 0 -- the newest day that was counted by itself
) STRICT;

-- A day with a partner; days since 1970-01-01 (UTC).
CREATE TABLE reconciliations (
  partner INTEGER NOT NULL,
  day INTEGER NOT NULL,
  told BLOB NOT NULL DEFAULT x'',           -- the Tally that we told last
  told_envelope BLOB NOT NULL DEFAULT x'',  -- the envelope of ours that holds it
  told_ms INTEGER NOT NULL DEFAULT 0,
  theirs BLOB NOT NULL DEFAULT x'',         -- the Tally that the partner told last
  their_envelope BLOB NOT NULL DEFAULT x'', -- the envelope that holds it, signed by the partner
  their_epoch INTEGER NOT NULL DEFAULT 0,   -- where that envelope stands
  their_seq INTEGER NOT NULL DEFAULT 0,
  heard_ms INTEGER NOT NULL DEFAULT 0,
  pending BLOB NOT NULL DEFAULT x'',        -- a Tally that is to be told
  due INTEGER NOT NULL DEFAULT 1,           -- 1: it is to be counted
  state TEXT NOT NULL DEFAULT 'waiting',    -- waiting, agreed, different
  waits_for TEXT NOT NULL DEFAULT '',
  judged_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (partner, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX reconciliations_due ON reconciliations (judged_ms) WHERE due = 1;
CREATE INDEX reconciliations_pending ON reconciliations (partner, day) WHERE pending <> x'';

-- Days on which the two do not agree. Never removed: one that was closed stays as closed.
CREATE TABLE reconciliation_cases (
  number INTEGER PRIMARY KEY,
  partner INTEGER NOT NULL,
  day INTEGER NOT NULL,
  opened_ms INTEGER NOT NULL,
  closed_ms INTEGER,
  differences TEXT NOT NULL                 -- JSON: kinds of records and counts
) STRICT;
CREATE INDEX reconciliation_cases_open ON reconciliation_cases (partner, day)
  WHERE closed_ms IS NULL;

-- How far a partner has come in returning what this store forgot.
CREATE TABLE recoveries (
  partner INTEGER PRIMARY KEY,
  since_ms INTEGER,                         -- NULL: nothing of this partner is to be returned
  before_epoch INTEGER NOT NULL DEFAULT 0,  -- the newest epoch of ours before the restore
  answered_epoch INTEGER NOT NULL DEFAULT 0,-- the newest epoch of ours that the partner answered
  answered_ms INTEGER,
  complete_ms INTEGER
) STRICT;
