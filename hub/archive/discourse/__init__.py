"""Topics out of a real Discourse export (`/t/<id>.json`, one file a topic), without a database.

`topics.py` is the door: `read_topics(path)`. What it yields is in `records.py`. Reading goes
`files.py` (bytes) → `topics.py` (JSON) → `posts.py` → `cooked.py` (HTML); `fields.py` checks single values.
"""
