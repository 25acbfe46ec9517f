// Bundles GraphiQL and what it stands on into hub/web/ide/assets, which ship with the package; with their licences.
//
//   npm ci --prefix .ci/ide --ignore-scripts && npm run build --prefix .ci/ide
//
// The same lock file gives the same bytes: CI builds them anew and compares.
import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "../../hub/web/ide/assets");
process.chdir(here); // what follows names files from here

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { ide: "./ide.jsx" },
  outdir: assets,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".woff2": "dataurl" },
  legalComments: "none",
  metafile: true,
});

const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}

function licenceOf(folder) {
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${about.license}`;
  return [`${about.name} ${about.version} (${about.license})`, text];
}

const licences = new Map([...packages].map(licenceOf));
const texts = [...licences].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, text]) => `${name}\n\n${text}\n`);
writeFileSync(join(assets, "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`).replaceAll("\r\n", "\n"));
