import { describe, expect, test } from "vitest";
import { Currency, PaymentSchema, PaymentStatus } from "../src/gen/v2.js";
import {
  asNumber, create, createPortOneClient, gatewayKey, minorUnits, orderName, paymentAmount, paymentCancellations, paymentChannel, paymentCurrency,
  paymentCustomer, paymentFailure, paymentId, paymentMethod, paymentStatus, statusText, toJsonString, transactionId,
} from "../src/index.js";
import { placeOf } from "../src/target.js";
import { sleep } from "../src/sleep.js";

describe("targets", () => {
  test.each([
    ["127.0.0.1:9090", "http://127.0.0.1:9090", false, true],
    ["localhost:9090", "http://localhost:9090", false, true],
    ["[::1]:9090", "http://[::1]:9090", false, true],
    ["[::ffff:127.0.0.1]:9090", "http://[::ffff:7f00:1]:9090", false, true],
    ["gateway:9090", "http://gateway:9090", false, false],
    ["dns:///gateway:9090", "http://gateway:9090", false, false],
    ["dns:gateway:9090", "http://gateway:9090", false, false],
    ["http://gateway:9090/", "http://gateway:9090", false, false],
    ["https://gateway:9090", "https://gateway:9090", true, false],
    ["127.0.0.1.example.com:9090", "http://127.0.0.1.example.com:9090", false, false],
    ["localhost.example.com:9090", "http://localhost.example.com:9090", false, false],
    ["unix:///run/gateway.sock", "http://localhost", false, true],
    ["unix:run/gateway.sock", "http://localhost", false, true],
  ])("%s", (target, baseUrl, secure, local) => {
    expect(placeOf(target, undefined)).toMatchObject({ baseUrl, secure, local });
  });

  test.each(["", "gateway", "gateway:", "ftp://gateway:1", "http://gateway:1/path", "http://user:password@gateway:1", "gateway:1?x", "gateway:99999", "unix:"])(
    "%j is none",
    (target) => expect(() => placeOf(target, undefined)).toThrow(/a target is host:port/),
  );

  test("the text of a refused target does not show it", () => {
    expect(() => placeOf("http://user:password@gateway:1", undefined)).toThrow(expect.not.stringContaining("password"));
  });

  test("tls", () => {
    expect(placeOf("gateway:9090", true)).toMatchObject({ baseUrl: "https://gateway:9090", secure: true });
    expect(placeOf("gateway:9090", { ca: "pem" })).toMatchObject({ secure: true, nodeOptions: { ca: "pem" } });
    expect(() => placeOf("http://gateway:9090", true)).toThrow(/http/);
  });
});

describe("options", () => {
  const credentials = gatewayKey("pgw_key");

  test("credentials go in clear text to this machine only", () => {
    for (const target of ["127.0.0.1:1", "localhost:1", "unix:///s"]) createPortOneClient(target, { credentials }).close();
    createPortOneClient("gateway:1", { credentials, tls: true }).close();
    createPortOneClient("gateway:1", { credentials, allowPlaintext: true }).close();
    expect(() => createPortOneClient("gateway:1", { credentials })).toThrow(/clear text/);
    expect(() => createPortOneClient("127.0.0.1.example.com:1", { credentials })).toThrow(/clear text/);
  });

  test.each([{ askAgainForMs: -1 }, { askAgainForMs: NaN }, { attemptTimeoutMs: 0 }, { attemptTimeoutMs: NaN }])("%o is refused", (options) => {
    expect(() => createPortOneClient("127.0.0.1:1", options)).toThrow(/must be at least/);
  });

  test("no timer keeps a program alive, and none rings at once", async () => {
    const before = performance.now();
    await sleep(30, undefined, new AbortController().signal);
    expect(performance.now() - before).toBeGreaterThan(25);
    await sleep(1e6, AbortSignal.timeout(1));
    await sleep(1e6, AbortSignal.abort());
  });
});

describe("amounts", () => {
  test("are exact or an error", () => {
    expect(minorUnits(25000)).toBe(25000n);
    expect(minorUnits(25000n)).toBe(25000n);
    for (const bad of [10.5, NaN, Infinity, 2 ** 53]) expect(() => minorUnits(bad)).toThrow(RangeError);
    expect(asNumber(25000n)).toBe(25000);
    expect(asNumber(undefined)).toBeUndefined();
    expect(() => asNumber(2n ** 53n)).toThrow(RangeError);
  });

  test("are JSON by protobuf's rules", () => {
    const payment = create(PaymentSchema, { status: { case: "paid", value: { id: "p", amount: { total: 25000n } } } });
    expect(() => JSON.stringify(payment)).toThrow(/BigInt/);
    expect(JSON.parse(toJsonString(PaymentSchema, payment))).toEqual({ paid: { id: "p", amount: { total: "25000" } } });
  });
});

describe("payments", () => {
  const status = PaymentSchema.oneofs.find((oneof) => oneof.name === "status");

  test.each(status?.fields.map((field) => field.localName) ?? [])("%s has what every payment has", (name) => {
    const value = { id: "p", transactionId: "t", orderName: "o", amount: { total: 0n }, currency: Currency.KRW, customer: { id: "c" } };
    const payment = create(PaymentSchema, { status: { case: name as "paid", value } });
    expect([paymentId(payment), transactionId(payment), orderName(payment), paymentAmount(payment)?.total]).toEqual(["p", "t", "o", 0n]);
    expect([paymentCurrency(payment), paymentCustomer(payment)?.id]).toEqual([Currency.KRW, "c"]);
    expect(statusText(payment)).toBe(name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase());
    expect(PaymentStatus[paymentStatus(payment)]).toBe(name === "payPending" ? "PENDING" : statusText(payment));
    expect(paymentCancellations(payment)).toEqual([]);
  });

  test("channel, method, failure and cancellations where there are some", () => {
    const paid = create(PaymentSchema, { status: { case: "paid", value: { channel: { id: "ch" }, method: { type: { case: "paymentMethodCard", value: {} } } } } });
    expect([paymentChannel(paid)?.id, paymentMethod(paid)?.type.case, paymentFailure(paid)]).toEqual(["ch", "paymentMethodCard", undefined]);
    const failed = create(PaymentSchema, { status: { case: "failed", value: { failure: { pgCode: "X" } } } });
    expect(paymentFailure(failed)?.pgCode).toBe("X");
    const cancelled = create(PaymentSchema, { status: { case: "cancelled", value: { cancellations: [{}, {}] } } });
    expect(paymentCancellations(cancelled)).toHaveLength(2);
  });

  test.each([[{ status: '"FROM_TOMORROW"' }, "FROM_TOMORROW"], [{ status: "7" }, undefined], [{ status: "{" }, undefined], [{}, undefined]])("%o is of tomorrow", (unrecognized, text) => {
    const payment = create(PaymentSchema, { unrecognized: unrecognized as Record<string, string> });
    expect(statusText(payment)).toBe(text);
    expect(paymentStatus(payment)).toBe(PaymentStatus.UNSPECIFIED);
    expect([paymentId(payment), paymentAmount(payment), paymentChannel(payment)]).toEqual([undefined, undefined, undefined]);
  });
});
