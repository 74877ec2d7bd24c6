import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

/** One of clients/scenarios.json; clients/DESIGN.md says what the members mean. */
export interface Scenario {
  name: string;
  calls: Step[];
  want: { charges: number; refunds: number; attempts?: number | [number, number]; keys?: number };
}

export interface Step {
  do: "pay" | "refund" | "get" | "list" | "listByCursor";
  amount?: number;
  of?: "paymentId";
  size?: number;
  metadata?: Record<string, string>;
  key?: string;
  deadlineMs?: number;
  attemptMs?: number;
  askAgainForMs?: number;
  cancelOnArrival?: boolean;
  payAfterFirstItem?: boolean;
  want: "ok" | Record<string, unknown>;
}

/** What a scenario begins with. */
export interface Scene {
  paymentId: string;
  billingKey: string;
  channelKey: string;
  paidPaymentId: string;
}

export interface Result {
  charges: number;
  refunds: number;
  attempts: number;
  keys: number;
}

export function scenarios(): Scenario[] {
  const text = readFileSync(new URL("../../scenarios.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { scenarios: Scenario[] }).scenarios;
}

/** internal/clientbench as a process. */
export interface Bench {
  target: string;
  begin(): Promise<Scene>;
  result(): Promise<Result>;
  arrived(): Promise<unknown>;
  close(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const child = spawn(benchProgram(), { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the bench ended with ${code}`)));
  });
  const { target, control } = JSON.parse(line) as { target: string; control: string };
  const call = async (method: string, name: string): Promise<unknown> => {
    const answer = await fetch(`${control}/${name}`, { method });
    if (!answer.ok) throw new Error(`${method} /${name}: ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    target,
    begin: () => call("POST", "begin") as Promise<Scene>,
    result: () => call("GET", "result") as Promise<Result>,
    arrived: () => call("GET", "arrived"),
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

function benchProgram(): string {
  const named = process.env["PORTONE_CLIENTBENCH"];
  if (named) return named;
  const program = path.join(mkdtempSync(path.join(tmpdir(), "clientbench-")), "clientbench");
  execFileSync("go", ["build", "-o", program, "./internal/clientbench"], { cwd: new URL("../../..", import.meta.url), stdio: "inherit" });
  return program;
}
