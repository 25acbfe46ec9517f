/** A sample frontend: a page with its comments, what it writes, and what it follows, in types made of the schema. */
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";

import { graphql, useFragment as read } from "./gql";

const Line = graphql(`
  fragment Line on Comment {
    id
    number
    author { handle displayName }
    body { html }
    reactions { kind count }
  }
`);

const Page = graphql(`
  query Page($slug: String!, $after: String) {
    post(slug: $slug) {
      id
      title
      kind
      liveCursor
      commenting { mode }
      comments(first: 20, after: $after) {
        nodes { ...Line }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

const Add = graphql(`
  mutation Add($input: AddCommentInput!) {
    addComment(input: $input) {
      comment { ...Line }
      replayed
      errors { __typename code message path ... on ThrottleError { retryAfterMs } ... on FieldError { min max } }
    }
  }
`);

const Live = graphql(`
  subscription Live($id: ID!, $after: LiveCursor) {
    commentStream(subjectId: $id, after: $after) {
      __typename
      ... on Change { cursor }
      ... on CommentAdded { comment { ...Line } }
      ... on CommentGone { commentId }
      ... on Resync { reason }
    }
  }
`);

export function lines(page: ResultOf<typeof Page>): string[] {
  const nodes = page.post?.comments.nodes ?? [];
  return nodes.map((node) => read(Line, node)).map(({ number, author }) => `#${number} ${author?.handle ?? "?"}`);
}

export function comment(subjectId: string, body: string): VariablesOf<typeof Add> {
  return { input: { subjectId, body, idempotencyKey: crypto.randomUUID() } };
}

export function wait(answer: ResultOf<typeof Add>): number {
  const [error] = answer.addComment.errors;
  return error?.__typename === "ThrottleError" ? error.retryAfterMs : 0;
}

export function after(change: ResultOf<typeof Live>["commentStream"], before: string): string {
  switch (change.__typename) {
    case "CommentAdded":
      return read(Line, change.comment).id && change.cursor;
    case "Resync":
      return change.reason.length ? change.cursor : before;
    default:
      return change.cursor;
  }
}
