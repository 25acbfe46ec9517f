"""The API: Strawberry types over the rooms' rows, one folder a noun; no SQL.

A type reads like a table: each field declares where its value comes from (`fields.py`). An ordinary resolver is
legal and rare. Nouns never import each other, they name each other's types by `lazy.py`.
"""
