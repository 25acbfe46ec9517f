"""XML as feeds and sitemaps want it."""

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

# All that XML 1.0 has no way to write; one of them in a title would break the whole feed for its readers.
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(name: str, namespace: str) -> Element:
    return Element(name, {"xmlns": namespace})


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    element = SubElement(parent, name, {key: _UNWRITABLE.sub("", value) for key, value in attributes.items()})
    element.text = None if text is None else _UNWRITABLE.sub("", text)
    return element


def written(element: Element) -> bytes:
    return tostring(element, encoding="utf-8", xml_declaration=True)


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
