// GraphiQL and the schema page in headless Chromium: a query, a mutation's comment arriving live, and every address asked.
import { chromium } from "playwright-core";

const [address, post] = process.argv.slice(2);
const { TOKEN: token, CHROMIUM: executablePath, SHOTS: shots } = process.env;

const tell = (name, value) => console.log(JSON.stringify({ [name]: value }));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.setDefaultTimeout(30_000);

const asked = new Set();
const complaints = [];
page.on("request", (request) => asked.add(new URL(request.url()).host));
page.on("websocket", (socket) => asked.add(new URL(socket.url()).host));
page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

async function shot(name) {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
}

async function open(tab) {
  await page.locator(".graphiql-tab-button").getByText(tab, { exact: true }).click();
}

const run = () => page.locator(".graphiql-execute-button").click();
const shows = (text) => page.locator(".result-window", { hasText: text }).waitFor();

await page.goto(`http://${address}/ide`);
await page.locator("[role=tab]", { hasText: "Page" }).first().waitFor();
await run();
await shows("liveCursor");
await shot("ide-query");
tell("query", true);

await page.getByLabel("Token").fill(token);
await open("Me");
await run();
await shows('"handle"');
tell("viewer", (await page.locator(".result-window").innerText()).match(/"handle": "(\w+)"/)[1]);

await open("Live");
await run();
await shows("CaughtUp");
await fetch(`http://${address}/graphql`, {
  method: "POST",
  headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
  body: JSON.stringify({
    query: "mutation ($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
    variables: { input: { subjectId: post, body: "Seen in the browser.", idempotencyKey: "ide" } },
  }),
});
await shows("Seen in the browser.");
await shot("ide-live");
tell("live", true);
await run(); // ends the subscription

await page.getByRole("button", { name: /documentation/i }).first().click();
await page.getByText("Root Types").waitFor();
await shot("ide-docs");
tell("docs", true);

const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1440, height: 900 } });
const schema = await plain.newPage();
schema.on("request", (request) => asked.add(new URL(request.url()).host));
schema.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
await schema.goto(`http://${address}/schema`);
if (shots) await schema.screenshot({ path: `${shots}/schema.png` });
await schema.getByRole("navigation").getByRole("link", { name: "Comment", exact: true }).click();
tell("schema", await schema.locator("section#Comment h2").isVisible());
if (shots) await schema.screenshot({ path: `${shots}/schema-comment.png` });

tell("asked", [...asked].filter(Boolean));
tell("complaints", complaints);
await browser.close();
