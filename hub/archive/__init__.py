"""Bringing content in from elsewhere with its own times and numbers, and freezing it: on arrival, or at a date.

What is planted writes no notices: nobody follows it yet. A freeze of what people follow is told, once, when its date
comes. The commands of the rooms are for people who write now.
"""
