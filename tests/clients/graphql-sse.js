/** graphql-sse in its distinct connections mode: each operation is an event stream; `Last-Event-ID` goes on from the last cursor. */
import { setTimeout } from "node:timers/promises";

import { createClient } from "graphql-sse";

import { ADD, Feed, headers, hello, http, LIVE, PAGE, say, sayAdded, subject } from "./story.js";

let last; // the library does not keep `id:` lines; each change has the same cursor in its data
const client = createClient({
  url: http,
  headers: ({ query }) => (query === LIVE && last ? { ...headers, "Last-Event-ID": last } : headers),
  retryAttempts: Infinity,
  retry: () => setTimeout(100), // tests have no time; else leave the library's own, which grows and is random
});

const ask = (query, variables) =>
  new Promise((resolve, reject) => {
    const next = ({ data, errors }) => (errors ? reject(errors[0]) : resolve(data));
    client.subscribe({ query, variables }, { next, error: reject, complete() {} });
  });

const feed = new Feed((await ask(PAGE, { id: subject })).node);
sayAdded((await ask(ADD, { input: hello("graphql-sse") })).addComment);

await new Promise((resolve, reject) => {
  const variables = { id: subject, after: feed.after };
  const sink = { next, error: reject, complete: reject };
  const stop = client.subscribe({ query: LIVE, variables }, sink, { connecting: (again) => again && say({ again }) });

  function next({ data, errors }) {
    if (errors) return reject(errors[0]);
    const done = feed.take(data.commentStream);
    last = feed.after;
    if (done) resolve(stop());
  }
});
client.dispose();
