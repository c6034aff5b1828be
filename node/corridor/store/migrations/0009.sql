-- Schema 9: a quarantine that a person can work on, and records of ours that could not be delivered.

-- The same frame over another link is another matter: a partner must not hide behind a partner.
CREATE TABLE quarantine_9 (
  row INTEGER PRIMARY KEY,      -- the number by which people speak of it; never given out twice
  link TEXT NOT NULL,
  reason INTEGER NOT NULL,
  frame_digest BLOB NOT NULL,
  size INTEGER NOT NULL,        -- of the frame, in bytes
  at_ms INTEGER NOT NULL,       -- when it came first
  last_ms INTEGER NOT NULL,
  times INTEGER NOT NULL,       -- how often the same bytes came
  detail TEXT NOT NULL,
  over TEXT NOT NULL,           -- of a stray: the country of the link, where that is known
  envelope_id BLOB,             -- where the frame has the form of an envelope
  state INTEGER NOT NULL,       -- 0 waits for a person, 1 to be judged again, 2 settled, 3 rejected
  judged TEXT NOT NULL,         -- what the last judgement said
  judged_ms INTEGER,
  UNIQUE (link, reason, frame_digest)
) STRICT;
INSERT INTO quarantine_9 (row, link, reason, frame_digest, size, at_ms, last_ms, times,
                          detail, over, envelope_id, state, judged, judged_ms)
  SELECT row, link, reason, frame_digest, length(frame) - 45, at_ms, at_ms, 1,
         detail, '', NULL, 0, '', NULL FROM quarantine;

-- Their bytes, apart, so that counting a repeat does not write them again; gone once it is settled
-- or rejected.
CREATE TABLE quarantine_frames (
  row INTEGER PRIMARY KEY,
  frame BLOB NOT NULL           -- sealed under the storage key: it may be anything
) STRICT;
INSERT INTO quarantine_frames (row, frame) SELECT row, frame FROM quarantine;
DROP TABLE quarantine;
ALTER TABLE quarantine_9 RENAME TO quarantine;
CREATE INDEX quarantine_waiting ON quarantine (link, reason, size, at_ms) WHERE state < 2;

-- What came of each kind, also what was not kept any more.
CREATE TABLE quarantine_groups (
  link TEXT NOT NULL,
  reason INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  not_kept INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (link, reason)
) STRICT, WITHOUT ROWID;
INSERT INTO quarantine_groups (link, reason, seen, not_kept, first_ms, last_ms)
  SELECT link, reason, count(*), 0, min(at_ms), max(at_ms) FROM quarantine GROUP BY link, reason;

-- Who did what with a frame, and why. Never removed.
CREATE TABLE quarantine_acts (
  row INTEGER PRIMARY KEY,
  item INTEGER NOT NULL,        -- row of `quarantine`
  act TEXT NOT NULL,            -- noted, released, judged, rejected
  at_ms INTEGER NOT NULL,
  words BLOB NOT NULL           -- who and why, JSON sealed under the storage key
) STRICT;
CREATE INDEX quarantine_acts_item ON quarantine_acts (item);

-- Which envelopes their senders have closed: what was sealed anew needs nobody any more.
CREATE INDEX tombstones_envelope ON tombstones (envelope_id);

-- Records of ours that were refused or given up, to be found without reading all others.
CREATE INDEX outbox_refused ON outbox (partner, reason) WHERE verdict = 2;
