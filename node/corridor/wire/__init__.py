"""Floor 2: records as bytes. The one door to protobuf."""
