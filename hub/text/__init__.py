"""Words that people write: checked, rendered, made safe and shortened. Knows no noun.

All HTML that we hand out, imported or rendered, goes through the one gate in `safe_html.py`.
"""
