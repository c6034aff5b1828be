-- Schema 8: the gates to partners that are not open, so that a new start of the node goes on with
-- the waits of the one before instead of beginning them anew.

CREATE TABLE gates (
  partner INTEGER PRIMARY KEY,
  way TEXT NOT NULL,            -- why it was shut
  attempts INTEGER NOT NULL,    -- waits since our broker last confirmed something for the partner
  since_ms INTEGER NOT NULL,    -- when it was first shut after that
  due_ms INTEGER NOT NULL       -- when the next is tried
) STRICT;
