"""Floor 7: the running node. Threads, clock, configuration, metrics and logs."""
