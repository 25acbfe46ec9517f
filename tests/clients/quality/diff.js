/** What @graphql-inspector finds breaking between two schemas. */
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";
import { readFileSync } from "node:fs";

const [released, present] = process.argv.slice(2).map((file) => buildSchema(readFileSync(file, "utf8")));
for (const { criticality, message } of await diff(released, present)) {
  if (criticality.level === CriticalityLevel.Breaking) console.log(JSON.stringify({ problem: message }));
}
