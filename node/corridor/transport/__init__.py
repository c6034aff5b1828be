"""Floor 6: the broker. The one door to pika, and what brokers are told."""
