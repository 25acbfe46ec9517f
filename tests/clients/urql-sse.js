/** urql: everything by fetch; subscriptions are event streams, which the retry exchange begins again. */
import { setTimeout } from "node:timers/promises";

import { Client, fetchExchange, makeOperation } from "@urql/core";
import { retryExchange } from "@urql/exchange-retry";

import { ADD, Feed, headers, hello, http, LIVE, PAGE, say, sayAdded, subject } from "./story.js";

let feed;
const client = new Client({
  url: http,
  fetchOptions: { headers },
  fetchSubscriptions: true,
  exchanges: [
    retryExchange({
      initialDelayMs: 100, // tests have no time
      maxDelayMs: 100,
      maxNumberAttempts: Infinity,
      retryWith({ networkError }, { kind, key, context, query, variables }) {
        if (!networkError || kind !== "subscription") return null;
        say({ again: true });
        return makeOperation(kind, { key, query, variables: { ...variables, after: feed.after } }, context);
      },
    }),
    fetchExchange,
  ],
});

const ask = async (asked) => {
  const { data, error } = await asked.toPromise();
  if (error) throw error;
  return data;
};

feed = new Feed((await ask(client.query(PAGE, { id: subject }))).node);
sayAdded((await ask(client.mutation(ADD, { input: hello("urql by event stream") }))).addComment);

/** True when all was heard, false when the server ended the stream: urql then repeats the last answer, as its last. */
async function follow() {
  let stream;
  const done = await new Promise((resolve, reject) => {
    stream = client.subscription(LIVE, { id: subject, after: feed.after }).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error);
      else if (!hasNext) resolve(false);
      else if (feed.take(data.commentStream)) resolve(true);
    });
  });
  stream.unsubscribe(); // not inside the callback: there urql's aborted fetch is an unhandled rejection
  return done;
}

while (!(await follow())) {
  say({ again: true });
  await setTimeout(100);
}
