"""NCTS Phase 5: messages between traders and customs as records, and back."""
