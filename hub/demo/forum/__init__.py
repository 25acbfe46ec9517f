"""The old forum by category, ended before it was frozen, and the category that is open today."""
