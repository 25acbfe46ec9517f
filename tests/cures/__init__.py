"""Is there a test for each promise of how the API answers?"""
