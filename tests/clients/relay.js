/** Relay: queries and mutations by fetch, subscriptions over the socket of graphql-ws; ARTIFACTS is relay-compiler's folder. */
import { createRequire } from "node:module";

import relay from "relay-runtime";

import { socket } from "./socket.js";
import { Feed, headers, hello, http, sayAdded, subject } from "./story.js";

const { commitMutation, Environment, fetchQuery, Network, Observable, RecordSource, requestSubscription, Store } = relay;

/** Takes the place of the Babel plugin: the artifact of a tagged document. */
const compiled = createRequire(`${process.env.ARTIFACTS}/`);
const graphql = ([text]) => compiled(`./${/(?:query|mutation|subscription) (\w+)/.exec(text)[1]}.graphql.js`);

const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(
    async ({ text: query }, variables) => {
      const body = JSON.stringify({ query, variables });
      return (await fetch(http, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body })).json();
    },
    ({ text: query }, variables) => Observable.create((sink) => socket.subscribe({ query, variables }, sink)),
  ),
});

const page = graphql`
  query relayPageQuery($id: ID!) {
    node(id: $id) { ... on Commentable { id liveCursor comments(first: 100, rootOnly: false) { nodes { id number } } } }
  }
`;
const add = graphql`
  mutation relayAddMutation($input: AddCommentInput!) {
    addComment(input: $input) { comment { id number } errors { code message } }
  }
`;
const live = graphql`
  subscription relayLiveSubscription($id: ID!, $after: LiveCursor) {
    commentStream(subjectId: $id, after: $after) {
      __typename
      ... on Change { cursor }
      ... on CommentAdded { comment { id number body { source } } }
      ... on CaughtUp { replayed }
    }
  }
`;

const feed = new Feed((await fetchQuery(environment, page, { id: subject }).toPromise()).node);
await new Promise((resolve, reject) => {
  const onCompleted = ({ addComment }) => resolve(sayAdded(addComment));
  commitMutation(environment, { mutation: add, variables: { input: hello("Relay") }, onCompleted, onError: reject });
});

await new Promise((resolve, reject) => {
  const variables = { id: subject, after: feed.after };
  const onNext = ({ commentStream }) => feed.take(commentStream) && resolve();
  requestSubscription(environment, { subscription: live, variables, onNext, onError: reject, onCompleted: reject });
});
await socket.dispose();
