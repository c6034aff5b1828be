"""The spool: a folder in which a national system puts files, and in which it finds files."""
