// Stands in for the native compiler where it cannot be downloaded: npm's solc, the same compiler as WebAssembly.
// Answers --version and --standard-json, the two calls py-solc-x, Brownie and forge make.
"use strict";
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const [root, ...args] = process.argv.slice(2);
const solc = createRequire(path.join(root, "package.json"))("solc");

if (args.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (args.includes("--standard-json")) {
  const folders = args.flatMap((flag, i) => (flag === "--base-path" || flag === "--include-path" ? [args[i + 1]] : []));
  const read = (name) => {
    const places = [".", ...folders, root, path.join(root, "node_modules")].map((folder) => path.resolve(folder, name));
    const found = places.find((place) => fs.existsSync(place));
    return found ? { contents: fs.readFileSync(found, "utf8") } : { error: `${name} not found in ${places.join(", ")}` };
  };
  fs.writeFileSync(1, solc.compile(fs.readFileSync(0, "utf8"), { import: read }));
} else {
  console.error(`solcjs: only --version and --standard-json are answered, not ${args.join(" ")}`);
  process.exitCode = 1;
}
