"""What is handed to readers outside the graph: pages for link previews, oEmbed, feeds, and what search engines want.

All of it is what nobody in particular may see, whoever asks, so that caches may keep it. What is unlisted has a page
and an oEmbed answer and is in no feed or sitemap.
"""
