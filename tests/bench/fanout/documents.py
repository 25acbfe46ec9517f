"""What the readers and writers ask, the same of both servers."""

STREAM = """subscription ($s: ID!, $a: LiveCursor) {
  commentStream(subjectId: $s, after: $a) {
    __typename
    ... on CommentAdded { cursor comment { id number body { html } author { handle displayName } } }
    ... on CommentChanged { cursor comment { id version body { html } } }
    ... on CommentGone { cursor commentId status }
    ... on CaughtUp { cursor replayed }
    ... on Resync { cursor reason }
  }
}"""

ADD = """mutation ($s: ID!, $b: Markdown!, $k: ID!) {
  addComment(input: {subjectId: $s, body: $b, idempotencyKey: $k}) {
    comment { id number } replayed errors { code message }
  }
}"""

POST = """query ($slug: String!, $last: Int!) { post(slug: $slug) {
  id liveCursor comments(last: $last, sort: OLDEST, rootOnly: false) { nodes { id number } } } }"""

CHANGES = """query ($slug: String!, $a: LiveCursor!) { post(slug: $slug) { changes(after: $a, first: 100) {
  changes { ... on CommentAdded { cursor comment { number } } } endCursor hasMore } } }"""

CATEGORIES = "{ categories { id } }"

THREAD = """mutation ($c: ID!, $t: String!, $k: ID!) {
  createThread(input: {categoryId: $c, title: $t, body: "A thread beside.", idempotencyKey: $k}) {
    thread { id liveCursor } errors { code message }
  }
}"""
