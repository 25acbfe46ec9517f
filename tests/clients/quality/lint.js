/** @graphql-eslint's rules for schemas, recommended and Relay's, over one schema; tells what they find. */
import plugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";
import { buildSchema, isObjectType } from "graphql";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const schema = resolve(process.argv[2]);
const { configs, parser } = plugin;

function withoutIdentity(file) {
  const types = Object.values(buildSchema(readFileSync(file, "utf8")).getTypeMap()).filter(isObjectType);
  return types.filter((type) => !type.getInterfaces().some(({ name }) => name === "Node")).map(({ name }) => name);
}

const linter = new ESLint({
  cwd: dirname(schema),
  overrideConfigFile: true,
  overrideConfig: [
    {
      files: ["**/*.graphql"],
      languageOptions: { parser, parserOptions: { graphQLConfig: { schema } } },
      plugins: { "@graphql-eslint": plugin },
      rules: {
        ...configs["flat/schema-recommended"].rules,
        ...configs["flat/schema-relay"].rules,
        // Most lists are pages from the front on; and a short list with a documented maximum needs no pages.
        "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
        "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
        // What is no Node has no id: parts of things, payloads, errors, changes.
        "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { types: withoutIdentity(schema) } }],
      },
    },
  ],
});

// Lines that look like Relay's and are meant to be something else.
const MEANT = [
  /^type CommentChangeConnection /, // a page of a log, which goes on without end: `endCursor` and `hasMore`
  /^ {2}changes\(/,
  /^ {2}commentsAround\(/, // its `before` and `after` are numbers on each side of one comment
  /^type JobEdge /, // a job is looked at in its list only, and `node` does not find it
];

const lines = readFileSync(schema, "utf8").split("\n");
const [{ messages }] = await linter.lintFiles([schema]);
for (const { ruleId, line, message } of messages) {
  const meant = ruleId.includes("/relay-") && MEANT.some((look) => look.test(lines[line - 1]));
  if (!meant) console.log(JSON.stringify({ problem: `${line} ${ruleId} ${message}` }));
}
