"""Whole answers in one statement: a tree of what is wanted goes in, finished JSON comes out.

`tree.py` says what may be wanted, `picking.py` picks the rows, `words.py` says how each database writes them as JSON
(`unescaped.py`: PostgreSQL, for less), `statement.py` puts the statement together, `answering.py` runs it. Nothing here
knows GraphQL. A statement answers without any error or not at all: whatever is doubtful is a `Miss`, and somebody else
answers.
"""
