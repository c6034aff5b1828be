-- Schema 3: movements under way, so that they can be listed without folding all of them. A row can be
-- made again from the records; the cursors up to which that is done stand in `settings`.

CREATE TABLE movements (
  key BLOB PRIMARY KEY,         -- keyed hash of the name it is known by
  name BLOB NOT NULL,           -- that name, sealed under the storage key
  state TEXT NOT NULL,
  ended INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,  -- when its last record happened
  deadlines TEXT NOT NULL       -- JSON: [what, Unix milliseconds], earliest first
) STRICT, WITHOUT ROWID;
CREATE INDEX movements_open ON movements (changed_ms) WHERE ended = 0;
