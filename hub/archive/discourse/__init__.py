"""Topics out of a real Discourse export (`/t/<id>.json`, one file a topic), without a database.

`topics.py` is the door: `read_topics(path)`. What it yields is in `records.py`. A file goes through
`files.py` (bytes), `topic.py` and `posts.py` (JSON, each value by `fields.py`), `cooked.py` (HTML to Markdown).
"""
