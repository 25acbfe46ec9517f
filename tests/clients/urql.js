/** urql: queries and mutations by fetch, subscriptions over the socket of graphql-ws. */
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";

import { socket } from "./socket.js";
import { ADD, Feed, headers, hello, http, LIVE, PAGE, sayAdded, subject } from "./story.js";

const client = new Client({
  url: http,
  fetchOptions: { headers },
  exchanges: [
    subscriptionExchange({
      forwardSubscription: (request) => ({ subscribe: (sink) => ({ unsubscribe: socket.subscribe(request, sink) }) }),
    }),
    fetchExchange,
  ],
});

const ask = async (asked) => {
  const { data, error } = await asked.toPromise();
  if (error) throw error;
  return data;
};

const feed = new Feed((await ask(client.query(PAGE, { id: subject }))).node);
sayAdded((await ask(client.mutation(ADD, { input: hello("urql") }))).addComment);

await new Promise((resolve, reject) => {
  client.subscription(LIVE, { id: subject, after: feed.after }).subscribe(({ data, error, hasNext }) => {
    if (error) reject(error);
    else if (!hasNext) reject(new Error("The stream ended.")); // urql repeats the last answer then
    else if (feed.take(data.commentStream)) resolve();
  });
});
await socket.dispose();
