"""Percentiles of what was measured."""

from collections.abc import Sequence


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the worst, in milliseconds; what came before its answer counts as 0."""
    if not seconds:
        return {}
    ordered = sorted(max(0.0, value) * 1000 for value in seconds)
    most = len(ordered) - 1
    return {
        "p50": round(ordered[most // 2], 1),
        "p99": round(ordered[-(-most * 99 // 100)], 1),
        "max": round(ordered[-1], 1),
    }
