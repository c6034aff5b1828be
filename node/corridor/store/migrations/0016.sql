-- Schema 16: which country refused a movement entry, for the list of movements.

ALTER TABLE movements ADD COLUMN refused TEXT NOT NULL DEFAULT '';  -- country; empty: none has
