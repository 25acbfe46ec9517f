"""What people follow, and what waits for them in their inboxes.

Watches the rooms below, which do not know it: they queue one job about what happened, and who is concerned is worked
out there, in batches, by what each person follows, may see and has not blocked. A notice of the same kind about
the same thing is one row of a person's inbox, which counts. Mail and push take it from there: a row knows its kind,
what it is about, and when.
"""
