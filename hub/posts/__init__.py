"""Engagement posts of the policy team: what the hub asks of people and tells them.

A post is a subject; until it is published that subject is PRIVATE, so nobody but the team can reach it.
"""
