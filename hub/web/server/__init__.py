"""uvicorn's protocols, made to drop peers that do not read, or do not come to an end with what they send.

`transport.close()` waits until all that was written is taken. A peer that never reads keeps its descriptor and
our buffer by that for ever, out of reach of every limit, and holds up each shutdown.
"""
