"""Addresses that people give: looked at, never fetched."""

from urllib.parse import urlsplit

from hub.refusals import ErrorCode, FieldRefusal, Refusal


def ensure_web_address(value: str, *path: str, most: int) -> str:
    """An `https` address of a host, without a user or a password in it; as given."""
    if len(value) > most:
        raise FieldRefusal(
            ErrorCode.TOO_LONG, f"An address has at most {most} characters: give a shorter one.", *path, most=most
        )
    if not value.isascii() or not value.isprintable() or " " in value or not _is_web_address(value):
        raise Refusal(ErrorCode.INVALID, "This is no https address: write it like `https://example.org/page`.", *path)
    return value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    quiet = not set(value) & set("\"'<>\\`{}|^")
    return parts.scheme == "https" and named and "@" not in parts.netloc and quiet
