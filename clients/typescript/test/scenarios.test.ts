import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scenarios, startBench, type Bench } from "./bench.js";
import { Runner, type Outcome } from "./runner.js";

let bench: Bench;
const table: string[] = [];

beforeAll(async () => {
  bench = await startBench();
});

afterAll(async () => {
  await bench?.close();
  process.stdout.write(`\n${row("scenario", "outcome", "attempts", "charges", "refunds", "keys", "ok")}\n${table.join("\n")}\n`);
});

describe("clients/scenarios.json", () => {
  test.each(scenarios())("$name", async ({ name, calls, want }) => {
    const runner = new Runner(bench, await bench.begin());
    const outcomes: Outcome[] = [];
    for (const call of calls) outcomes.push(await runner.run(call));
    const got = await bench.result();
    const problems = calls.flatMap((call, i) => problemsOf(i, call.want, outcomes[i] ?? {}));
    const [least, most] = typeof want.attempts === "object" ? want.attempts : [want.attempts ?? 0, want.attempts ?? Infinity];
    if (got.charges !== want.charges || got.refunds !== want.refunds) problems.push(`${got.charges} charges and ${got.refunds} refunds`);
    if (got.attempts < least || got.attempts > most) problems.push(`${got.attempts} attempts`);
    if (want.keys !== undefined && got.keys !== want.keys) problems.push(`${got.keys} keys`);
    const outcome = outcomes.map((o) => o["class"] ?? "ok").join(", ");
    table.push(row(name, outcome, got.attempts, got.charges, got.refunds, got.keys, problems.length === 0 ? "ok" : "NO"));
    expect(problems, JSON.stringify(outcomes)).toEqual([]);
  });
});

function problemsOf(i: number, want: "ok" | Record<string, unknown>, got: Outcome): string[] {
  if (want === "ok" || want["class"] === undefined) {
    if (got["class"] !== undefined) return [`call ${i} failed: ${JSON.stringify(got)}`];
  }
  if (want === "ok") return [];
  return Object.entries(want)
    .filter(([name, value]) => !contains(got[name], value))
    .map(([name, value]) => `call ${i}: ${name} is ${JSON.stringify(got[name])}, want ${JSON.stringify(value)}`);
}

/** Reports whether a value is as wanted; of an object, the members that are wanted. */
function contains(got: unknown, want: unknown): boolean {
  if (typeof want !== "object" || want === null) return got === want;
  return Object.entries(want).every(([name, value]) => contains((got as Record<string, unknown> | undefined)?.[name], value));
}

function row(name: string, outcome: string, ...rest: (string | number)[]): string {
  return [name.padEnd(62), outcome.padEnd(26), ...rest.map((cell) => String(cell).padEnd(8))].join(" ").trimEnd();
}
