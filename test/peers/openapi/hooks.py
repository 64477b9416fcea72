"""What schemathesis cannot know of a format: SCHEMATHESIS_HOOKS names this file."""

import base64
import json

import schemathesis
from hypothesis import strategies as st

objects = st.dictionaries(st.text("abc"), st.integers() | st.text("xyz") | st.booleans(), max_size=3)
schemathesis.openapi.format(
    "base64-json-object",
    objects.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()),
)
