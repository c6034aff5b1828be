"""What schemathesis has to know of our media types."""

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.media_type("application/x-protobuf", st.binary(max_size=200))
