"""A bench asks from one address, and writes as few people, what a whole community would."""

UNLIMITED = {
    "cost_per_minute": str(10**15),
    "address_cost_per_minute": str(10**15),
    "comment_burst": str(10**9),
    "comments_per_second": str(10**9),
    "participation_burst": str(10**9),
    "participations_per_second": str(10**9),
}
ENVIRONMENT = {f"HUB_{name.upper()}": value for name, value in UNLIMITED.items()}
