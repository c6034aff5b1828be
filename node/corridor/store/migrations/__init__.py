"""The schema of the store, one numbered file a version, applied in order and never changed."""
