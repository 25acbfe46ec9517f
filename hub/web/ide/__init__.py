"""For people who build on the API: GraphiQL, served from here alone, and the schema as a page to browse.

`assets/` is made by `.ci/ide/build.mjs`, with the licences of all that is in it.
"""
