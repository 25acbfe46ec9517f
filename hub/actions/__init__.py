"""What a post asks people to do, who did it, and how many.

A participation is one row that is only added; nothing that others write too is touched by it. The tally is made from
these rows, in batches.
"""
