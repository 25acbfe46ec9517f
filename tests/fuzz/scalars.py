"""What Schemathesis may write for the scalars of our schema; it loads this file by `SCHEMATHESIS_HOOKS`."""

from datetime import UTC

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

_TEXTS = {
    "LiveCursor": st.text(max_size=40),
    "Markdown": st.text(max_size=200),
    "URL": st.sampled_from(["https://club.example", "javascript:alert(1)", "http://[", ""]) | st.text(max_size=40),
    "Locale": st.sampled_from(["en", "de-AT", "x", ""]) | st.text(max_size=10),
    "TimeZone": st.sampled_from(["Europe/Vienna", "UTC", "../etc/passwd"]) | st.text(max_size=20),
    "DateTime": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()) | st.text(max_size=30),
}

for _name, _values in _TEXTS.items():
    schemathesis.graphql.scalar(_name, _values.map(nodes.String))
