"""Bringing content in from elsewhere with its own times and numbers, and freezing it on arrival.

What is planted writes no notices: nobody follows it yet. The commands of the rooms are for people who write now.
"""
