"""What can be commented on: may this viewer see it, is it open, and when was it frozen.

Threads, posts and events share their id with a subject; comments know nothing but subjects. Visibility of all
three is decided here and nowhere else: a draft post is a subject that is PRIVATE until it is published.
"""
