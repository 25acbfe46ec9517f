"""Attacks on HTTP beside an ordinary reader: what the reader notices, how each is answered, and what stays behind."""
