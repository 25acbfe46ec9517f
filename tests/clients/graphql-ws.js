/** graphql-ws: everything over one socket. */
import { socket } from "./socket.js";
import { ADD, Feed, hello, LIVE, PAGE, sayAdded, subject } from "./story.js";

const ask = (query, variables) =>
  new Promise((resolve, reject) => {
    const next = ({ data, errors }) => (errors ? reject(errors[0]) : resolve(data));
    socket.subscribe({ query, variables }, { next, error: reject, complete() {} });
  });

const feed = new Feed((await ask(PAGE, { id: subject })).node);
sayAdded((await ask(ADD, { input: hello("graphql-ws") })).addComment);

await new Promise((resolve, reject) => {
  const next = ({ data }) => feed.take(data.commentStream) && resolve();
  const variables = { id: subject, after: feed.after };
  socket.subscribe({ query: LIVE, variables }, { next, error: reject, complete: reject });
});
await socket.dispose();
