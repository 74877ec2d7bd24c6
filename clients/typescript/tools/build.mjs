// Builds dist: esm and cjs, each with its types. The types of the two are apart, since TypeScript reads those of a
// CommonJS file as CommonJS. Each has a package.json that says what its files are.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

rmSync(`${folder}dist`, { recursive: true, force: true });
build("esm", "module", ["--module", "NodeNext", "--moduleResolution", "NodeNext"]);
build("cjs", "commonjs", ["--module", "CommonJS", "--moduleResolution", "Node10"]);

function build(name, type, options) {
  execFileSync(process.execPath, [tsc, "-p", folder, "--outDir", `${folder}dist/${name}`, ...options], { stdio: "inherit" });
  mkdirSync(`${folder}dist/${name}`, { recursive: true });
  writeFileSync(`${folder}dist/${name}/package.json`, JSON.stringify({ type, sideEffects: false }) + "\n");
}
