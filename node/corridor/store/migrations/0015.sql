-- Schema 15: what stays of erased records for their movement, as long as others of its records are
-- kept; and which movements are to be folded anew since something of them was erased.

CREATE TABLE remains (
  key BLOB NOT NULL,            -- keyed hash of a name of the movement
  record_id BLOB NOT NULL,
  sender TEXT NOT NULL,         -- country; empty: ours
  fact BLOB NOT NULL,           -- what stays, JSON sealed under the storage key
  PRIMARY KEY (key, record_id, sender)
) STRICT, WITHOUT ROWID;

CREATE TABLE refolds (
  row INTEGER PRIMARY KEY,
  name BLOB NOT NULL            -- kind and value, JSON sealed under the storage key
) STRICT;
