"""The letter to officials: a text with placeholders, filled in for who reads it."""

import re

from hub.refusals import ErrorCode, Refusal

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = {"official", "office", "region", "name"}


def ensure_placeholders(text: str) -> str:
    if not set(_PLACEHOLDER.findall(text)) <= _KNOWN:
        known = ", ".join(f"{{{name}}}" for name in sorted(_KNOWN))
        raise Refusal(ErrorCode.INVALID, f"A letter knows these placeholders: {known}.", "letter")
    return text


def addressed(template: str, official: str, office: str | None, region: str | None, name: str | None) -> str:
    """What is put in is never taken for a placeholder. Without a `name` its own stays for the client to fill in."""
    given = {"official": official, "office": office or "", "region": region or "", "name": name or "{name}"}
    return _PLACEHOLDER.sub(lambda found: given[found[1]], template)
