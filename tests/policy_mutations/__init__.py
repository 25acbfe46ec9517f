"""Is there a test for each check of who may do what?"""
