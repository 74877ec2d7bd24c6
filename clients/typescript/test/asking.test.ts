import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { Code, ConnectError, createClient, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { PaymentService, PortOneErrorSchema } from "../src/gen/v2.js";
import { createPortOneClient, gatewayKey, isPortOneError, newIdempotencyKey, PortOneError, token, type ClientOptions, type PortOneClient } from "../src/index.js";
import { startGateway, type FakeGateway } from "./server.js";

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Payments = Partial<ServiceImpl<typeof PaymentService>>;

async function start(service: Payments, options: ClientOptions = {}, socket?: string): Promise<{ gateway: FakeGateway; client: PortOneClient }> {
  const gateway = await startGateway(service, socket);
  const client = createPortOneClient(gateway.target, options);
  ends.push(gateway.close, client.close);
  return { gateway, client };
}

/** Fails the first calls, and answers the others. */
function failing(times: number, code = Code.Unavailable) {
  let calls = 0;
  return () => {
    if (++calls <= times) throw new ConnectError("broken", code);
    return {};
  };
}

async function errorOf(call: Promise<unknown>) {
  const caught: unknown = await call.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  if (!isPortOneError(caught)) throw new Error(`not a failed call: ${String(caught)}`);
  return caught;
}

const request = { paymentId: "payment-of-the-test", amount: 100n, reason: "test" };

describe("keys", () => {
  test("a mutation has one before its first attempt, and never another", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(2) });
    await client.payment.cancelPayment(request);
    expect(new Set(gateway.keys()).size).toBe(1);
    expect(gateway.keys()).toHaveLength(3);
    expect(gateway.keys()[0]).toMatch(/^[A-Z2-7]{26}$/);
  });

  test("two calls have two", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(0) });
    await Promise.all([client.payment.cancelPayment(request), client.payment.cancelPayment(request)]);
    expect(new Set(gateway.keys()).size).toBe(2);
  });

  test("a read has none", async () => {
    const { gateway, client } = await start({ getPayment: failing(1) });
    await client.payment.getPayment({ paymentId: "p" });
    expect(gateway.keys()).toEqual([null, null]);
  });

  test("those of the caller are sent as given, by option or header", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(0) });
    await client.payment.cancelPayment(request, { idempotencyKey: "key-of-the-test-0001" });
    await client.payment.cancelPayment(request, { headers: { "Idempotency-Key": '"key-of-the-test-0002"' } });
    expect(gateway.keys()).toEqual(["key-of-the-test-0001", '"key-of-the-test-0002"']);
  });

  test.each(["", "short", "x".repeat(257), "a key with a \" in it", "a-key-with-a-\\-in-it", "key-with-\u00e9-in-it-and-more", "key-with-\ud55c-in-it-and-more", "key-with-\n-in-it-and-more"])("%j is refused, and not shown", async (key) => {
    const { gateway, client } = await start({ cancelPayment: failing(0) });
    const error = await errorOf(client.payment.cancelPayment(request, { idempotencyKey: key }));
    expect(error).toMatchObject({ kind: "error", code: "INVALID_ARGUMENT", retry: "never", outcomeUnknown: false });
    if (key !== "") expect(error.message).not.toContain(key);
    expect(gateway.seen).toHaveLength(0);
  });

  test("a bare stub on the client's transport has one, too", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(1) });
    await createClient(PaymentService, client.transport).cancelPayment(request);
    expect(new Set(gateway.keys()).size).toBe(1);
    expect(gateway.keys()[0]).toMatch(/^[A-Z2-7]{26}$/);
  });

  test("an interceptor that repeats calls repeats them with the key", async () => {
    const again: Interceptor = (next) => (call) => next(call).catch(() => next(call));
    const { gateway, client } = await start({ cancelPayment: failing(1) }, { interceptors: [again], askAgainForMs: 0 });
    await client.payment.cancelPayment(request);
    expect(gateway.keys()).toHaveLength(2);
    expect(new Set(gateway.keys()).size).toBe(1);
  });

  test("new ones differ", () => expect(new Set(Array.from({ length: 1000 }, newIdempotencyKey)).size).toBe(1000));
});

describe("asking again", () => {
  test("interceptors see a call once, around its attempts", async () => {
    const seen: string[] = [];
    const noting = (name: string): Interceptor => (next) => async (call) => {
      seen.push(`${name} ${call.header.has("idempotency-key")}`);
      call.header.set("x-note", name);
      return next(call);
    };
    const { gateway, client } = await start({ cancelPayment: failing(2) }, { interceptors: [noting("outer"), noting("inner")] });
    await client.payment.cancelPayment(request);
    expect(seen).toEqual(["outer true", "inner true"]);
    expect(gateway.seen.map((context) => context.requestHeader.get("x-note"))).toEqual(["inner", "inner", "inner"]);
  });

  test("what the caller changes meanwhile does not go out", async () => {
    const amounts: unknown[] = [];
    const fail = failing(1);
    const own = { ...request };
    const { client } = await start({
      cancelPayment: (got) => {
        amounts.push(got.amount);
        own.amount = 900n;
        return fail();
      },
    });
    await client.payment.cancelPayment(own);
    expect(amounts).toEqual([100n, 100n]);
  });

  test("an attempt gets no more time than is left", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(1) }, { attemptTimeoutMs: 5000 });
    await client.payment.cancelPayment(request, { timeoutMs: 3000 });
    await client.payment.cancelPayment(request);
    const limits = gateway.seen.map((context) => context.timeoutMs() ?? Infinity);
    expect(limits[0]).toBeLessThanOrEqual(3000);
    expect(limits[1]).toBeLessThanOrEqual(3000);
    expect(limits[2]).toBeGreaterThan(3000);
    expect(limits[2]).toBeLessThanOrEqual(5000);
  });

  test("ends with the outcome unknown, and the key", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(1000, Code.Internal) }, { askAgainForMs: 600 });
    const error = await errorOf(client.payment.cancelPayment(request));
    expect(error).toMatchObject({ kind: "outcome_unknown", code: "INTERNAL", retry: "same", outcomeUnknown: true });
    expect(error.idempotencyKey).toBe(gateway.keys()[0]);
    expect(gateway.seen.length).toBeGreaterThan(1);
  });

  test("a timeout that is no number is an error, and nothing is sent", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(0) });
    await expect(client.payment.cancelPayment(request, { timeoutMs: NaN })).rejects.toThrow(TypeError);
    expect(gateway.seen).toHaveLength(0);
  });

  test("0: not at all", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(1) }, { askAgainForMs: 0 });
    expect(await errorOf(client.payment.cancelPayment(request))).toMatchObject({ kind: "outcome_unknown" });
    expect(gateway.seen).toHaveLength(1);
  });

  test("nobody listens", async () => {
    const { gateway, client } = await start({}, { askAgainForMs: 400 });
    await gateway.close();
    expect(await errorOf(client.payment.cancelPayment(request))).toMatchObject({ kind: "outcome_unknown", code: "UNAVAILABLE" });
  });

  test("an amount that is no bigint never leaves", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(0) });
    const error = await errorOf(client.payment.cancelPayment({ ...request, amount: 10.5 as unknown as bigint }));
    expect(error).toMatchObject({ kind: "error", code: "INVALID_ARGUMENT", retry: "never", outcomeUnknown: false });
    expect(gateway.seen).toHaveLength(0);
  });
});

describe("the caller ends it", () => {
  test("before it was sent", async () => {
    const { gateway, client } = await start({ cancelPayment: failing(0) });
    const error = await errorOf(client.payment.cancelPayment(request, { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ kind: "cancelled", code: "CANCELLED", outcomeUnknown: false });
    expect(gateway.seen).toHaveLength(0);
  });

  test("while the gateway has it: the outcome is unknown, and the key there", async () => {
    const cancel = new AbortController();
    const { gateway, client } = await start({ cancelPayment: () => new Promise(() => cancel.abort(new Error("the shopper left"))) });
    const error = await errorOf(client.payment.cancelPayment(request, { signal: cancel.signal }));
    expect(error).toMatchObject({ kind: "cancelled", outcomeUnknown: true, retry: "same", idempotencyKey: gateway.keys()[0], cause: new Error("the shopper left") });
  });

  test("between two attempts", async () => {
    const cancel = new AbortController();
    const { gateway, client } = await start({ cancelPayment: failing(1000) });
    setTimeout(() => cancel.abort(), 300);
    const error = await errorOf(client.payment.cancelPayment(request, { signal: cancel.signal }));
    expect(error).toMatchObject({ kind: "cancelled", outcomeUnknown: true });
    const attempts = gateway.seen.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(gateway.seen).toHaveLength(attempts);
  });

  test("by closing the client", async () => {
    const { gateway, client } = await start({ cancelPayment: () => new Promise(() => setTimeout(client.close, 50)) });
    expect(await errorOf(client.payment.cancelPayment(request))).toMatchObject({ kind: "outcome_unknown", idempotencyKey: gateway.keys()[0] });
    expect(await errorOf(client.payment.cancelPayment(request))).toMatchObject({ kind: "error", code: "CANCELLED", outcomeUnknown: false });
    expect(gateway.seen).toHaveLength(1);
  });
});

describe("errors", () => {
  const secret = "010-1234-5678";
  const refused = () => {
    const details = [
      { desc: ErrorInfoSchema, value: { domain: "api.portone.io", reason: "PG_PROVIDER", metadata: { operation: "cancelPayment", idempotencyKey: "key-of-the-test-0001" } } },
      { desc: PortOneErrorSchema, value: { type: "PG_PROVIDER", data: { case: "pgProvider" as const, value: { pgMessage: secret } } } },
    ];
    throw new ConnectError("the PG refused", Code.FailedPrecondition, { "x-request-id": "request-1" }, details);
  };

  test("show no key and no data", async () => {
    const { client } = await start({ cancelPayment: refused });
    const error = await errorOf(client.payment.cancelPayment(request, { idempotencyKey: "key-of-the-test-0001" }));
    expect(error.message).toBe("FAILED_PRECONDITION PG_PROVIDER cancelPayment: the PG refused (request request-1)");
    expect(error.kind).toBe("declined");
    expect(error.data).toMatchObject({ case: "pgProvider", value: { pgMessage: secret } });
    for (const shown of [inspect(error, { depth: 9 }), inspect({ error }, { depth: 9, showHidden: true }), JSON.stringify(error), String(error), JSON.stringify({ ...error })]) {
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(Buffer.from(secret).toString("base64").slice(2, 14));
      expect(shown).not.toContain("key-of-the-test");
    }
  });

  test("are instances of PortOneError, and other errors are not", async () => {
    const { client } = await start({ cancelPayment: refused });
    expect(await errorOf(client.payment.cancelPayment(request))).toBeInstanceOf(PortOneError);
    expect(new ConnectError("x") instanceof PortOneError).toBe(false);
    expect(isPortOneError(undefined)).toBe(false);
  });
});

describe("credentials", () => {
  test("are asked for before each attempt", async () => {
    let calls = 0;
    const { gateway, client } = await start({ cancelPayment: failing(1) }, { credentials: token(() => `token-${++calls}`) });
    await client.payment.cancelPayment(request);
    expect(gateway.seen.map((context) => context.requestHeader.get("authorization"))).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("that fail after an attempt leave its outcome unknown", async () => {
    let calls = 0;
    const read = () => {
      if (++calls > 1) throw new Error("no token");
      return "token";
    };
    const { gateway, client } = await start({ cancelPayment: failing(1000) }, { credentials: token(read) });
    expect(await errorOf(client.payment.cancelPayment(request))).toMatchObject({ kind: "outcome_unknown", code: "UNAUTHENTICATED", idempotencyKey: gateway.keys()[0] });
    expect(gateway.seen).toHaveLength(1);
  });

  test("are not shown", async () => {
    const credentials = gatewayKey("pgw_secret\u00e9");
    expect(inspect(credentials, { showHidden: true, depth: 9 })).not.toContain("secret");
    const { client } = await start({ cancelPayment: failing(0) }, { credentials });
    const error = await errorOf(client.payment.cancelPayment(request));
    expect(error).toMatchObject({ kind: "error", code: "UNAUTHENTICATED", outcomeUnknown: false });
    expect(inspect(error)).not.toContain("secret");
  });

  test("go over a unix socket", async () => {
    const socket = path.join(mkdtempSync(path.join(tmpdir(), "portone-")), "gateway.sock");
    const { gateway, client } = await start({ cancelPayment: failing(0) }, { credentials: gatewayKey("pgw_key") }, socket);
    await client.payment.cancelPayment(request);
    expect(gateway.seen[0]?.requestHeader.get("authorization")).toBe("PortOne pgw_key");
  });
});
