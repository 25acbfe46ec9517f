/** The client of graphql-ws below Apollo Client, urql and Relay: it connects again for ever, and goes on from the last cursor. */
import { setTimeout } from "node:timers/promises";

import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { address, headers, say } from "./story.js";

globalThis.WebSocket ??= WebSocket; // what browsers and Node from 22 on have

/** graphql-ws sends the first variables again when it connects again: keep their `after` up to date. */
function resuming(client) {
  return {
    ...client,
    subscribe(payload, sink) {
      const request = { ...payload, variables: { ...payload.variables } };
      return client.subscribe(request, {
        next(answer) {
          const cursor = answer.data?.commentStream?.cursor;
          if (cursor) request.variables.after = cursor;
          sink.next(answer);
        },
        error: (problem) => sink.error(problem),
        complete: () => sink.complete(),
      });
    },
  };
}

export const socket = resuming(
  createClient({
    url: `ws://${address}/graphql`,
    connectionParams: () => headers,
    retryAttempts: Infinity,
    shouldRetry: () => true, // also when nobody answers at all, which graphql-ws takes for fatal
    retryWait: () => setTimeout(100), // tests have no time; else leave the library's own, which grows and is random
    on: { connected: (_socket, _payload, again) => again && say({ again: true }) },
  }),
);
