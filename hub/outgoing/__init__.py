"""Requests to addresses that people gave: whom they may reach, and how they are sent.

Whoever names an address must not be able to look around in our own network by it. So only https is spoken, to
public addresses and port 443; the host is looked up once, what was judged is what is connected to, and no answer
leads elsewhere. Rooms are handed a `Sender` and know no HTTP.
"""
