/** How a server does in the audits of `graphql-http`: one JSON line for each. */
import { serverAudits } from "graphql-http";

const url = `http://${process.argv[2]}/graphql`;

for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const { name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ name, status, reason }));
}
