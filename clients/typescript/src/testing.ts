// A sandbox for tests: `import { startSandbox } from "@portone-gateway/client/testing"`.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { access, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { createPortOneClient, type ClientOptions, type PortOneClient } from "./client.js";
import { callMetadata } from "./gen/rules.js";

const execute = promisify(execFile);
const goModule = "github.com/portone-gateway/portone-gateway";
const startMs = 30_000;
const endMs = 10_000;

/** A running `gateway --sandbox`, on free ports of loopback, with a client of it. */
export class Sandbox {
  /** Where gRPC is, host:port. */
  readonly target: string;

  /** Where REST is, a URL: what PortOne's own SDKs take as baseUrl. */
  readonly rest: string;

  /** Where the sandbox's control API is, a URL that ends with /sandbox/. */
  readonly control: string;

  /** A client of the gateway. */
  readonly client: PortOneClient;

  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  /** @internal */
  constructor(process: ChildProcess, places: Map<string, string>, options: ClientOptions) {
    this.target = places.get("gRPC") ?? "";
    this.rest = places.get("REST") ?? "";
    this.control = places.get("sandbox") ?? "";
    this.client = createPortOneClient(this.target, options);
    this.#process = process;
    this.#exited = new Promise((resolve) => process.once("exit", resolve));
  }

  /** Ends the gateway, and waits until it has ended. */
  async close(): Promise<void> {
    this.client.close();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    const late = setTimeout(() => this.#process.kill("SIGKILL"), endMs);
    await this.#exited;
    clearTimeout(late);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls the control API: `call("POST", "deposits", { paymentId })`. `call("GET", "")` lists what there is. */
  async call(method: "GET" | "POST", name: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(new URL(name, this.control), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /sandbox/${name}: ${answer.status}: ${text}`);
    return JSON.parse(text);
  }

  /** Begins anew, with the objects of the demo. */
  async reset(): Promise<void> {
    await this.call("POST", "reset", {});
  }

  /** Moves the sandbox's clock; what falls due on the way happens. */
  async advance(milliseconds: number): Promise<void> {
    await this.call("POST", "clock", { advance: `${milliseconds}ms` });
  }

  /** What was carried out, and how often: payment.charged, payment.cancelled, ... Repeated answers do not count. */
  async counters(): Promise<Record<string, number>> {
    return (await this.call("GET", "counters")) as Record<string, number>;
  }

  /** The latest webhooks, and what became of them. */
  webhooks(): Promise<unknown> {
    return this.call("GET", "webhooks");
  }
}

/** How to start a sandbox. */
export interface SandboxOptions extends ClientOptions {
  /** Further arguments of the gateway, such as --sandbox-webhook-url=http://127.0.0.1:3000/. */
  arguments?: readonly string[] | undefined;
}

/**
 * Starts a sandbox. The program is $PORTONE_GATEWAY; else `gateway` on PATH, if it is ours; else it is built by Go, which
 * takes a minute the first time. It ends with close(), and with this process.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { arguments: more = [], ...clientOptions } = options;
  const addresses = ["grpc", "http", "admin", "sandbox"].map((name) => `--${name}-addr=127.0.0.1:0`);
  const child = spawn(await program(), ["--sandbox", "--log-level=error", ...addresses, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  try {
    return new Sandbox(child, await placesOf(child), clientOptions);
  } catch (problem) {
    kill();
    throw problem;
  }
}

/** Headers by which a call meets a fault: error=ALREADY_PAID, pg=EXCEED_MAX_AMOUNT, cut=after;times=1, latency=2s, ... */
export function fault(directives: string): Record<string, string> {
  return { [callMetadata.sandbox]: directives };
}

/** The parts of vitest that {@link useSandbox} needs; jest and node:test have them, too. */
export interface TestHooks {
  beforeAll(start: () => Promise<void>, timeoutMs?: number): unknown;
  afterAll(end: () => Promise<void>, timeoutMs?: number): unknown;
}

/** A sandbox for the tests of a file: `const sandbox = useSandbox({ beforeAll, afterAll })`, then `sandbox().client`. */
export function useSandbox(hooks: TestHooks, options: SandboxOptions = {}): () => Sandbox {
  let sandbox: Sandbox | undefined;
  hooks.beforeAll(async () => {
    sandbox = await startSandbox(options);
  }, 300_000);
  hooks.afterAll(async () => sandbox?.close(), 2 * endMs);
  return () => {
    if (!sandbox) throw new Error("the sandbox starts before the tests, not while they are collected");
    return sandbox;
  };
}

async function program(): Promise<string> {
  const named = process.env["PORTONE_GATEWAY"];
  if (named) return named;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, process.platform === "win32" ? "gateway.exe" : "gateway");
    if (folder !== "" && (await isOurs(file))) return file;
  }
  return build();
}

async function isOurs(file: string): Promise<boolean> {
  try {
    await access(file);
    return (await execute(file, ["version"], { timeout: 10_000 })).stdout.startsWith("portone-gateway");
  } catch {
    return false;
  }
}

/** Builds the gateway: of the checkout that this folder is in, else the newest that there is. */
async function build(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "portone-gateway-"));
  const file = path.join(folder, "gateway");
  try {
    for (let at = process.cwd(); ; at = path.dirname(at)) {
      if ((await readFile(path.join(at, "go.mod"), "utf8").catch(() => "")).startsWith(`module ${goModule}\n`)) {
        await execute("go", ["build", "-o", file, "./cmd/gateway"], { cwd: at });
        return file;
      }
      if (path.dirname(at) === at) break;
    }
    await execute("go", ["install", `${goModule}/cmd/gateway@latest`], { env: { ...process.env, GOBIN: folder } });
    return file;
  } catch (problem) {
    throw new Error("there is no gateway: set PORTONE_GATEWAY to the program, put it on PATH, or install Go, which builds it", { cause: problem });
  }
}

/** Reads where everything is from what the gateway says when it starts. */
async function placesOf(child: ChildProcess): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const { stdout } = child;
  if (!stdout) throw new Error("the gateway has no standard output");
  return new Promise((resolve, reject) => {
    const lines = createInterface(stdout);
    const late = setTimeout(() => fail("in time"), startMs);
    const fail = (how: string, cause?: unknown) => {
      clearTimeout(late);
      reject(new Error(`the gateway did not start ${how}; its standard error says why`, { cause }));
    };
    child.once("error", (problem) => fail("at all", problem));
    child.once("exit", (code) => fail(`and ended with ${code}`));
    lines.on("line", (line) => {
      const [name, where] = line.trim().split(/\s+/);
      if (name && where && ["gRPC", "REST", "admin", "sandbox"].includes(name) && !places.has(name)) places.set(name, where);
      if (!places.has("sandbox")) return;
      clearTimeout(late);
      stdout.resume(); // what else it says is read, so that it never waits for us
      resolve(places);
    });
  });
}
