// Bundles every module of `entries` into one file that a browser loads as it is, its licences beside it.
import { build } from "esbuild";
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "vendor");
const forTests = join(here, "..", "..", "tests", "browser", "vendor");

/** Returns the folders of the packages whose files went into a bundle. */
function packagesOf(inputs) {
  const folders = new Set();
  for (const path of Object.keys(inputs)) {
    const found = path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
    if (found) folders.add(found[1]);
  }
  return [...folders].sort();
}

/** Adds what packages bring along, built into their own files already. */
function withDependencies(folders) {
  const found = new Set();
  const visit = (folder) => {
    if (found.has(folder) || !existsSync(join(here, folder))) return;
    found.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(here, folder, "package.json")));
    for (const name of Object.keys(dependencies)) {
      const nested = join(folder, "node_modules", name);
      visit(existsSync(join(here, nested)) ? nested : join("node_modules", name));
    }
  };
  folders.forEach(visit);
  return [...found].sort();
}

/** Returns the name, version, licence and licence text of a package. */
function licenceOf(folder) {
  const described = JSON.parse(readFileSync(join(here, folder, "package.json")));
  const { name, version, license } = described;
  const file = readdirSync(join(here, folder)).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(join(here, folder, file), "utf8").trim() : namedLicence(described);
  return `${name} ${version} (${license})\n\n${text}`.trim();
}

/** Returns the text of the licence that a package names without bringing its text. */
function namedLicence({ name, license, author, contributors = [] }) {
  if (license !== "MIT") throw new Error(`${name} brings no licence text, and ${license} is not kept here`);
  const holders = [author, ...contributors].map((one) => one?.name ?? one).filter(Boolean);
  return `Copyright (c) ${holders.join(", ")}\n\n${readFileSync(join(here, "MIT.txt"), "utf8").trim()}`;
}

for (const entry of readdirSync(join(here, "entries"))) {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: [join("entries", entry)],
    outdir: out,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    loader: { ".svg": "dataurl", ".woff2": "dataurl" },
    metafile: true,
  });
  const licences = withDependencies(packagesOf(metafile.inputs)).map(licenceOf).join("\n\n----\n\n");
  writeFileSync(join(out, `${basename(entry, ".mjs")}.LICENCES.txt`), `${licences}\n`);
}

// What the tests load into pages is taken as it is published.
const axe = join(here, "node_modules", "axe-core");
copyFileSync(join(axe, "axe.min.js"), join(forTests, "axe.min.js"));
copyFileSync(join(axe, "LICENSE"), join(forTests, "axe.LICENSE.txt"));
