/** Apollo Client: queries and mutations by HttpLink, subscriptions by GraphQLWsLink. */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";

import { socket } from "./socket.js";
import { ADD, Feed, headers, hello, http, LIVE, PAGE, sayAdded, subject } from "./story.js";

const client = new ApolloClient({
  cache: new InMemoryCache({
    possibleTypes: {
      Commentable: ["Thread", "Post", "Event"],
      Change: ["CommentAdded", "CommentChanged", "CommentGone", "StateChanged", "Resync", "CaughtUp"],
    },
  }),
  link: ApolloLink.split(
    ({ operationType }) => operationType === "subscription",
    new GraphQLWsLink(socket),
    new HttpLink({ uri: http, headers }),
  ),
});

const feed = new Feed((await client.query({ query: gql(PAGE), variables: { id: subject } })).data.node);
const written = await client.mutate({ mutation: gql(ADD), variables: { input: hello("Apollo Client") } });
sayAdded(written.data.addComment);

await new Promise((resolve, reject) => {
  const variables = { id: subject, after: feed.after };
  client.subscribe({ query: gql(LIVE), variables }).subscribe({
    next: ({ data, error }) => (error ? reject(error) : feed.take(data.commentStream) && resolve()),
    error: reject,
    complete: reject,
  });
});
client.stop();
await socket.dispose();
