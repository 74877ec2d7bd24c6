// Installs what `npm pack` makes into a fresh folder, and uses it there as programs do: as ES modules and as CommonJS,
// typed by NodeNext and by the old resolution. Needs network for the dependencies, or npm's cache.

import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "portone-client-"));
const npm = (cwd, ...args) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const node = (...args) => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const typed = `
import { createPortOneClient, isPortOneError, PortOneError, asNumber, paymentAmount } from "@portone-gateway/client";
import { startSandbox } from "@portone-gateway/client/testing";
import { Currency, type Payment } from "@portone-gateway/client/v2";
import { ErrorReason } from "@portone-gateway/client/v2/error";

export async function use(): Promise<number> {
  const client = createPortOneClient("127.0.0.1:9090");
  try {
    const amounts: (bigint | undefined)[] = [];
    for await (const payment of client.payment.getPayments.all({ page: { size: 3 } })) amounts.push(paymentAmount(payment)?.total);
    // @ts-expect-error GetPayment lists nothing
    client.payment.getPayment.all;
    // @ts-expect-error an amount is a bigint
    await client.payment.payWithBillingKey({ paymentId: "p", billingKey: "b", orderName: "o", amount: { total: 1000 }, currency: Currency.KRW });
    const payment: Payment = await client.payment.getPayment({ paymentId: "p" });
    if (payment.status.case === "paid") return asNumber(payment.status.value.amount?.total) ?? 0;
  } catch (error) {
    if (!isPortOneError(error)) throw error;
    switch (error.kind) {
      case "outcome_unknown": {
        const key: string = error.idempotencyKey;
        return key.length;
      }
      case "declined": return error.decline?.reason ?? 0;
      case "outcome_unclear": case "cancelled": return error.retryAfterMs;
      case "error": return error.reason === ErrorReason.ALREADY_PAID && error.data.case === "platformCancellableAmountExceeded" ? 1 : 2;
      default: { const none: never = error; return none; }
    }
  } finally {
    client.close();
  }
  return (await startSandbox()) instanceof PortOneError ? 1 : 0;
}
`;

const used = `
if (typeof portone.createPortOneClient !== "function" || typeof testing.startSandbox !== "function") throw new Error("not all there");
if (v2.Currency.KRW !== v2Common.Currency.KRW || typeof v2.PaymentService.typeName !== "string") throw new Error("another v2");
const client = portone.createPortOneClient("127.0.0.1:1", { askAgainForMs: 0 });
client.payment.cancelPayment({ paymentId: "p", reason: "r" }).then(
  () => { throw new Error("answered"); },
  (error) => {
    if (!(error instanceof portone.PortOneError) || error.kind !== "outcome_unknown" || !error.idempotencyKey) throw error;
    console.log("ok");
  },
);
`;

try {
  const archive = npm(here, "pack", "--silent", "--pack-destination", folder).trim().split("\n").at(-1);
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true }));
  npm(folder, "install", "--silent", "--no-audit", "--no-fund", `./${archive}`);
  const names = { portone: "", testing: "/testing", v2: "/v2", v2Common: "/v2/common" };
  const imports = (line) => Object.entries(names).map(([name, sub]) => line(name, `@portone-gateway/client${sub}`)).join("\n");
  writeFileSync(path.join(folder, "use.mjs"), imports((name, from) => `import * as ${name} from "${from}";`) + used);
  writeFileSync(path.join(folder, "use.cjs"), imports((name, from) => `const ${name} = require("${from}");`) + used);
  for (const file of ["use.mjs", "use.cjs"]) if (node(file).trim() !== "ok") throw new Error(`${file} does not work`);
  const mixed = 'import { PortOneError } from "@portone-gateway/client"; import { createRequire } from "node:module";\n' +
    'const other = createRequire(import.meta.url)("@portone-gateway/client"); const client = other.createPortOneClient("127.0.0.1:1", { askAgainForMs: 0 });\n' +
    'console.log(await client.payment.getPayment({ paymentId: "p" }).catch((e) => e instanceof PortOneError && e instanceof other.PortOneError));';
  writeFileSync(path.join(folder, "mixed.mjs"), mixed);
  if (node("mixed.mjs").trim() !== "true") throw new Error("an error of one build is none of the other's");
  types("esm", "module", ["--module", "NodeNext"]);
  types("cjs", "commonjs", ["--module", "NodeNext"]);
  types("old", "commonjs", ["--module", "CommonJS", "--moduleResolution", "Node10"]);
  console.log("the package works: ES modules, CommonJS, types of both");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function types(name, type, options) {
  mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, name, "package.json"), JSON.stringify({ type }));
  writeFileSync(path.join(folder, name, "use.ts"), typed);
  const tsc = path.join(here, "node_modules/typescript/bin/tsc");
  const more = ["--noEmit", "--strict", "--target", "ES2022", "--lib", "ES2022,DOM,ESNext.Disposable", "--typeRoots", path.join(here, "node_modules/@types"), "--types", "node"];
  try {
    node(tsc, ...options, ...more, path.join(name, "use.ts"));
  } catch (problem) {
    throw new Error(`types of ${name}: ${problem.stdout}`);
  }
}
