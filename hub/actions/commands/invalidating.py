"""Striking out many participations by a rule: what bots or a campaign of copies sent counts no more.

Done in batches of `HUB_TALLY_BATCH`, which the tally follows by claim. The log names the rule and how many fitted it
before the first batch; who was stopped halfway does it again.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hub.actions.commands.shifts import FREED
from hub.actions.loaders import action_by_id
from hub.actions.rules import ensure_may_ask
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.instants import to_text
from hub.text.plain import ensure_line

_SHORT, _DOMAIN = 60, 255
_PRINT = 32

_FITS = """p.action_id = {as_id action} and p.status in ('COUNTED', 'PENDING_VERIFICATION')
    and ({as_text region} is null or p.region = {as_text region})
    and ({as_text referral} is null or p.referral = {as_text referral})
    and ({as_text domain_print} is null or p.domain_print = {as_text domain_print})
    and ({as_text net_print} is null or p.net_print = {as_text net_print})
    and ({as_instant since} is null or p.at >= {as_instant since})
    and ({as_instant before} is null or p.at < {as_instant before})"""
_STRIKE = Chain(
    (
        Step(
            "taken",
            f"""update participations set status = 'INVALIDATED'
                where status in ('COUNTED', 'PENDING_VERIFICATION') and id in (select p.id from participations p
                    where {_FITS} and p.id > {{as_id after}} order by p.id limit {{as_int most}})
                returning id, shift_id""",
        ),
        FREED,
        RECORD,
    ),
    answer="taken",
    records={"entries": ENTRIES},
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What fits all that is said here: at least one thing. Who has no account is also known by the domain of the
    address of mail, and by the fingerprint of where it came from, as the export shows it."""

    region: str | None = None
    referral: str | None = None
    domain: str | None = None
    net_print: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What the log says of it."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: to_text(value) if isinstance(value, datetime) else value for name, value in said.items()}


async def invalidate(
    backend: Backend, viewer: Viewer, *, action_id: int, rule: Rule, reason: str | None, dry_run: bool
) -> int:
    """How many were struck out; with `dry_run` how many would be, and nothing is done."""
    ensure_may_ask(viewer)
    action = await action_by_id.row(backend.database, viewer, action_id)
    if action is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId")
    why = ensure_reason(reason)
    if why is None and not dry_run:
        raise Refusal(ErrorCode.REQUIRED, "Say why, for the log.", "reason")
    values = await _values(backend, action_id, _ensure_rule(rule))
    (found,) = await backend.database.fetch(f"select count(*) as fit from participations p where {_FITS}", values)
    if dry_run or not found["fit"]:
        return found["fit"]
    told = {"actionId": str(action_id), "rule": rule.told, "fit": found["fit"]}
    entries = entry(viewer, "participations.invalidated", ("Post", action["post_id"]), after=told, reason=why)
    struck, after, most = 0, 0, backend.settings.tally_batch
    while ids := await _STRIKE.run(backend.database, {**values, "after": after, "most": most, "entries": entries}):
        struck, after, entries = struck + len(ids), max(row["id"] for row in ids), []
    return struck


async def _values(backend: Backend, action_id: int, rule: Rule) -> dict[str, Any]:
    domain = rule.domain and rule.domain.casefold().removeprefix("@")
    return {
        "action": action_id,
        "region": rule.region,
        "referral": rule.referral,
        "domain_print": await backend.fingerprints.of("domain", domain) if domain else None,
        "net_print": rule.net_print,
        "since": rule.since,
        "before": rule.before,
    }


def _ensure_rule(rule: Rule) -> Rule:
    if not rule.told:
        raise Refusal(ErrorCode.REQUIRED, "Say which: without a rule it would be all.", "rule")
    texts = {"region": _SHORT, "referral": _SHORT, "domain": _DOMAIN, "net_print": _PRINT}
    for name, most in texts.items():
        if (text := getattr(rule, name)) is not None:
            ensure_line(text, "rule", least=1, most=most)
    if rule.since and rule.before and rule.before <= rule.since:
        raise Refusal(ErrorCode.INVALID, "This span ends before it begins: give a later end.", "rule")
    return rule
