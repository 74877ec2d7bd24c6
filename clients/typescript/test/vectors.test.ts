import { readFileSync } from "node:fs";

import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { asksAgain } from "../src/advice.js";
import { fieldsOf } from "../src/details.js";
import { PortOneError } from "../src/errors.js";
import { DeclineNextStep, DeclineReason, ErrorReason, GatewayReason } from "../src/gen/v2.js";
import { statusOf } from "./status.js";

interface Vector {
  name: string;
  mutation: boolean;
  code: string;
  message: string;
  status?: string;
  want: Record<string, unknown>;
}

const { cases } = JSON.parse(readFileSync(new URL("../../vectors.json", import.meta.url), "utf8")) as { cases: Vector[] };

describe("failed calls are taken as clients/vectors.json says", () => {
  test("there are some", () => expect(cases.length).toBeGreaterThan(50));

  test.each(cases)("$name", (vector) => {
    const key = vector.mutation ? "key-of-the-vectors-1" : undefined;
    const fields = fieldsOf(failureOf(vector), { kind: vector.mutation ? "mutation" : "read", idempotencyKey: key });
    const error = new PortOneError(fields);
    expect(error.code).toBe(vector.code);
    const got = {
      type: error.type, operation: error.operation, idempotencyKey: error.idempotencyKey, retryAfterMs: error.retryAfterMs,
      truncated: error.truncated, localizedMessage: error.localizedMessage, outcomeUnknown: error.outcomeUnknown,
      outcomeUnclear: error.outcomeUnclear, reason: nameOf(ErrorReason, error.reason), gatewayReason: nameOf(GatewayReason, error.gatewayReason),
      decline: nameOf(DeclineReason, error.decline?.reason), nextStep: nameOf(DeclineNextStep, error.decline?.nextStep),
      retry: error.retry, asksAgain: asksAgain(fields, fields.retry), data: error.data.value?.$typeName,
    };
    const said = Object.fromEntries(Object.entries(got).filter(([name, value]) => name === "asksAgain" || (value ?? "") !== "" && value !== 0 && value !== false));
    expect(said).toEqual(vector.want);
  });
});

function failureOf(vector: Vector): ConnectError {
  const codeName = vector.code === "CANCELLED" ? "Canceled" : vector.code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, c: string) => c.toUpperCase());
  const error = new ConnectError(vector.message, Code[codeName as keyof typeof Code]);
  if (vector.status !== undefined) {
    error.details = statusOf(Buffer.from(vector.status, "base64")).details;
  }
  return error;
}

function nameOf(names: Record<number, string>, value: number | undefined): string | undefined {
  const name = value === undefined ? undefined : names[value];
  return name === "UNSPECIFIED" ? undefined : name;
}

