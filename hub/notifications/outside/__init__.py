"""What leaves the hub for people who are not here: mail and push, at once or gathered, in their own time.

What is to be told waits as a *delivery*, written in the transaction of the inbox: one a person, channel and fact.
A job takes what is due and makes one *letter* of all that one person waits for on a channel.
Promise: a letter is handed over at most once. That it is being sent is committed before, so a process that dies in
between leaves one of unknown outcome, which nobody sends again.
"""
