"""The words of a letter: one thing that happened, or several gathered. They are in `templates`."""

from email.utils import parseaddr

from hub.live.backend import Backend
from hub.mail.letters import Letters, Mail
from hub.notifications.outside.judging import Judged
from hub.notifications.outside.recipients import Recipient
from hub.notifications.outside.unsubscribing import address_of

_LETTERS = Letters("hub.notifications.outside")


def written(backend: Backend, recipient: Recipient, judged: Judged, letter_id: int) -> Mail:
    """A mail that the person can end by one click (RFC 8058), in the thread of what it is about."""
    assert recipient.email is not None
    site, domain = backend.settings.site_url.rstrip("/"), domain_of(backend.settings.mail_from)
    stop = address_of(backend, recipient.user_id, judged.kinds)
    entries = [
        {"text": entry.text, "title": entry.title, "url": site + (entry.path or "/")} for entry in judged.entries
    ]
    headers = {
        "Message-ID": f"<{letter_id}@{domain}>",
        "List-Id": f"<notifications.{domain}>",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    threads = {entry.thread for entry in judged.entries}
    if len(threads) == 1 and (thread := threads.pop()) is not None:
        root = f"<{thread}@{domain}>"
        headers |= {"In-Reply-To": root, "References": root}
    kind = "notice" if len(entries) == 1 else "digest"
    links = [stop, *(entry["url"] or "" for entry in entries)]
    return _LETTERS.written(
        kind, recipient.email, links=links, headers=headers, name=recipient.name, entries=entries, stop=stop
    )


def domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
