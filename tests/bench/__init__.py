"""Benchmarks, run by hand: `python -m tests.bench NAME --json`. Numbers are ratios within one run: machines are shared."""
