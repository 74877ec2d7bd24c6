import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { checkout } from "../examples/checkout.js";
import { createPortOneClient } from "../src/index.js";
import { useSandbox } from "../src/testing.js";

const sandbox = useSandbox({ beforeAll, afterAll });
let directives = "";
let shop: ReturnType<typeof checkout>;

beforeAll(async () => {
  const withFaults = createPortOneClient(sandbox().target, {
    askAgainForMs: 1,
    interceptors: [(next) => (call) => {
      if (directives !== "") call.header.set("x-portone-sandbox", directives);
      return next(call);
    }],
  });
  shop = checkout(withFaults);
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
});

beforeEach(() => {
  directives = "";
});

afterAll(() => shop.close());

async function post(path: string): Promise<[number, Record<string, unknown>]> {
  const answer = await fetch(`http://127.0.0.1:${(shop.address() as AddressInfo).port}${path}`, { method: "POST" });
  return [answer.status, (await answer.json()) as Record<string, unknown>];
}

async function ordered(paid: number): Promise<string> {
  const [status, order] = await post("/orders/socks");
  expect([status, order["amount"]]).toEqual([201, 9000]);
  const paymentId = order["paymentId"] as string;
  if (paid > 0) await sandbox().call("POST", "window", { paymentId, orderName: "socks", totalAmount: paid, currency: "KRW" });
  return paymentId;
}

test("is paid, and refunded once", async () => {
  const id = await ordered(9000);
  expect(await post(`/orders/${id}/refund`)).toEqual([409, { error: "not paid" }]);
  expect(await post(`/orders/${id}/complete`)).toEqual([200, { state: "paid" }]);
  expect(await post(`/orders/${id}/complete`)).toEqual([200, { state: "paid" }]);
  const before = (await sandbox().counters())["payment.cancelled"] ?? 0;
  directives = "cut=after";
  expect(await post(`/orders/${id}/refund`)).toEqual([202, { state: "not known yet: ask for the same again" }]);
  directives = "";
  expect(await post(`/orders/${id}/refund`)).toEqual([200, { state: "refunded" }]);
  expect(await post(`/orders/${id}/refund`)).toEqual([200, { state: "refunded" }]);
  expect((await sandbox().counters())["payment.cancelled"]).toBe(before + 1);
});

test("is not paid before it is", async () => {
  const id = await ordered(0);
  const [status] = await post(`/orders/${id}/complete`);
  expect(status).toBe(409);
});

test("another amount than was agreed is not paid", async () => {
  const id = await ordered(0);
  await sandbox().call("POST", "window", { paymentId: id, orderName: "socks", totalAmount: 100, currency: "KRW" }).catch(() => undefined);
  const [status] = await post(`/orders/${id}/complete`);
  expect(status).toBe(409);
});

test.each(["/orders/boots", "/orders/no-such-order/complete", "/other"])("%s is not found", async (path) => {
  expect((await post(path))[0]).toBe(404);
});

test("a decline is no outage", async () => {
  const id = await ordered(9000);
  await post(`/orders/${id}/complete`);
  directives = "pg=NOT_AVAILABLE_BANK";
  expect(await post(`/orders/${id}/refund`)).toEqual([402, { next: "UNSPECIFIED" }]); // of which PG is not known here
});
