import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test, describe, afterEach } from "vitest";
import type { GetPaymentsRequest } from "../src/gen/v2.js";
import { createPortOneClient, ListError, paymentId } from "../src/index.js";
import { lists } from "../src/gen/lists.js";
import { loaders, methods, type Services } from "../src/gen/services.js";
import { startGateway } from "./server.js";

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A gateway with so many payments, of which it gives at most `cap` a page. */
async function payments(total: number, cap = Infinity, counts = true) {
  const asked: GetPaymentsRequest[] = [];
  const gateway = await startGateway({
    getPayments: (request) => {
      asked.push(request);
      const [number, size] = [request.page?.number ?? 0, request.page?.size ?? 10];
      const items = Array.from({ length: Math.max(0, Math.min(size, cap, total - number * size)) }, (_, i) => ({
        status: { case: "paid" as const, value: { id: `p-${number * size + i}` } },
      }));
      return { items, ...(counts ? { page: { number, size, totalCount: total } } : {}) };
    },
    getAllPaymentsByCursor: (request) => {
      const at = Number(request.cursor ?? 0);
      return { items: Array.from({ length: Math.min(request.size ?? 0, total - at) }, (_, i) => ({ cursor: String(total === 13 ? 1 : at + i + 1) })) };
    },
  });
  const client = createPortOneClient(gateway.target);
  ends.push(gateway.close, client.close);
  return { client, asked, gateway };
}

async function read(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count++;
  return count;
}

describe("by page", () => {
  test.each([0, 1, 2, 3, 4, 6, 7])("%d payments, three a page", async (total) => {
    for (const counts of [true, false]) {
      const { client, asked } = await payments(total, Infinity, counts);
      expect(await read(client.payment.getPayments.all({ page: { size: 3 } }))).toBe(total);
      expect(asked).toHaveLength(Math.floor(total / 3) + 1);
    }
  });

  test("100 a page and until now, unless given; the request is not changed", async () => {
    const { client, asked } = await payments(3);
    const request = { filter: {} };
    const before = Date.now();
    await read(client.payment.getPayments.all(request));
    expect(asked[0]?.page?.size).toBe(100);
    const until = asked[0]?.filter?.until;
    expect(until && Math.abs(timestampDate(until).getTime() - before)).toBeLessThan(60_000);
    expect(request).toEqual({ filter: {} });
    const given = timestampFromDate(new Date("2026-01-01"));
    await read(client.payment.getPayments.all({ filter: { until: given }, page: { size: 5 } }));
    expect(asked[1]?.filter?.until).toEqual(given);
    expect(asked[1]?.page?.size).toBe(5);
  });

  test("begins where the request says", async () => {
    const { client } = await payments(10);
    const ids = [];
    for await (const payment of client.payment.getPayments.all({ page: { number: 2, size: 4 } })) ids.push(paymentId(payment));
    expect(ids).toEqual(["p-8", "p-9"]);
  });

  test("no page is fetched before it is needed", async () => {
    const { client, asked } = await payments(10);
    for await (const _ of client.payment.getPayments.all({ page: { size: 4 } })) break;
    expect(asked).toHaveLength(1);
  });

  test("a page that PortOne cut short is an error, not an end", async () => {
    const { client } = await payments(10, 2);
    await expect(read(client.payment.getPayments.all({ page: { size: 4 } }))).rejects.toThrow(/page 0 of 4 objects has 2, and 8 are said to follow/);
  });

  test("60,000 is as deep as pages go", async () => {
    const { client, asked } = await payments(60_001);
    const deep = read(client.payment.getPayments.all({ page: { number: 58, size: 1000 } }));
    await expect(deep).rejects.toThrow(/60000 objects by page, 60000 have been read.*payment\.getAllPaymentsByCursor/);
    await expect(deep).rejects.toBeInstanceOf(ListError);
    expect(asked).toHaveLength(2);
    const exact = await payments(60_000);
    expect(await read(exact.client.payment.getPayments.all({ page: { number: 59, size: 1000 } }))).toBe(1000);
  });

  test.each([0, -1])("a size of %d is an error", async (size) => {
    const { client, asked } = await payments(3);
    await expect(read(client.payment.getPayments.all({ page: { size } }))).rejects.toThrow(/at least 1/);
    expect(asked).toHaveLength(0);
  });
});

describe("by cursor", () => {
  test.each([0, 1, 3, 7])("%d payments", async (total) => {
    const { client } = await payments(total);
    expect(await read(client.payment.getAllPaymentsByCursor.all({ size: 3 }))).toBe(total);
  });

  test("one that does not move is an error", async () => {
    const { client } = await payments(13);
    await expect(read(client.payment.getAllPaymentsByCursor.all({ size: 3 }))).rejects.toThrow(/does not move/);
  });
});

test("each method of the tables is one of its service, and each list has its fields", async () => {
  for (const name of Object.keys(methods) as (keyof Services)[]) {
    const service = await loaders[name]();
    const own = service.method as Record<string, { methodKind: string }>;
    expect(Object.keys(methods[name]).sort()).toEqual(Object.keys(own).sort());
    for (const [method, streams] of Object.entries(methods[name])) expect(own[method]?.methodKind).toBe(streams ? "server_streaming" : "unary");
  }
  expect(Object.keys(lists)).toHaveLength(19);
  for (const [name, list] of Object.entries(lists)) {
    const [short, method] = name.split(".") as [keyof Services, string];
    const { input, output } = ((await loaders[short]()).method as Record<string, { input: Desc; output: Desc }>)[method] ?? {};
    for (const path of [list.number, list.size, list.cursor, list.until]) {
      let at: Desc | undefined = input;
      for (const part of path?.split(".") ?? []) {
        expect(at?.field[part], `${name}: ${path}`).toBeDefined();
        at = at?.field[part]?.message;
      }
    }
    expect(output?.field[list.items]).toBeDefined();
  }
});

interface Desc {
  field: Record<string, { message?: Desc }>;
}
