/** @graphql-codegen's client preset over the sample frontend, into the folder OUT beside a copy of it. */
import { generate } from "@graphql-codegen/cli";

const [schema, folder] = process.argv.slice(2);
const scalars = { DateTime: "string", LiveCursor: "string", URL: "string", EmailAddress: "string" };

await generate(
  {
    schema,
    documents: [`${folder}/*.ts`],
    generates: { [`${folder}/gql/`]: { preset: "client", config: { scalars, strictScalars: false, useTypeImports: true } } },
    silent: true,
  },
  true,
);
