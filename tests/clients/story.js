/**
 * What every client of this folder does, in documents, and what it tells: JSON lines on standard output.
 *
 *     HUB_TOKEN=$(hub token ines) node graphql-ws.js 127.0.0.1:8000 SUBJECT
 *
 * reads the page of a subject, writes a comment, and follows the subject until somebody says "Good night.".
 */
import { randomUUID } from "node:crypto";

export const [address, subject] = process.argv.slice(2);
export const http = `http://${address}/graphql`;
export const headers = { Authorization: `Bearer ${process.env.HUB_TOKEN}` };

export const PAGE = `query Page($id: ID!) {
  node(id: $id) { ... on Commentable { id liveCursor comments(first: 100, rootOnly: false) { nodes { id number } } } }
}`;
export const ADD = `mutation Add($input: AddCommentInput!) {
  addComment(input: $input) { comment { id number } errors { code message } }
}`;
export const LIVE = `subscription Live($id: ID!, $after: LiveCursor) {
  commentStream(subjectId: $id, after: $after) {
    __typename
    ... on Change { cursor }
    ... on CommentAdded { comment { id number body { source } } }
    ... on CaughtUp { replayed }
  }
}`;

/** Input of a comment that is written once, however often it is sent. */
export const hello = (name) => ({ subjectId: subject, body: `Hello from ${name}.`, idempotencyKey: randomUUID() });

export const say = (told) => console.log(JSON.stringify(told));

export function sayAdded({ comment, errors }) {
  if (errors.length) throw new Error(errors[0].message);
  say({ added: comment.number });
}

/** A page and what follows it. `after` is the position to go on from. */
export class Feed {
  constructor({ liveCursor, comments: { nodes } }) {
    this.after = liveCursor;
    this.page = new Set(nodes.map(({ id }) => id));
    say({ page: nodes.map(({ number }) => number).sort((a, b) => a - b) });
  }

  /** Tells a change, and whether it was the last one. What the page has already is a double; nothing else is dropped. */
  take(change) {
    if (change.__typename === "Resync") throw new Error("The log does not reach back.");
    this.after = change.cursor;
    if (change.__typename === "CaughtUp") say({ caughtUp: change.replayed });
    if (change.__typename !== "CommentAdded" || this.page.has(change.comment.id)) return false;
    say({ comment: change.comment.number });
    return change.comment.body.source === "Good night.";
  }
}
