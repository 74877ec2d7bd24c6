// Servers that are none, or go away. An error that nobody hears would end a process, and fails the run of these tests.

import { createServer as createHttp1 } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createPortOneClient, isPortOneError } from "../src/index.js";
import { startGateway } from "./server.js";

const ends: (() => unknown)[] = [];

afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 100)); // what Node emits late
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const servers: Record<string, () => Server> = {
  "HTTP/1": () => createHttp1((_, response) => response.end()),
  "closes at once": () => createServer((socket) => socket.destroy()),
  "resets at once": () => createServer((socket) => socket.resetAndDestroy()),
  "talks something else": () => createServer((socket) => void socket.on("error", () => {}).resume().end("something else\r\n\r\n")),
  "says nothing": () => createServer((socket) => {
    socket.on("error", () => {});
    ends.push(() => socket.destroy());
  }),
};

test.each(Object.entries(servers))("a server that %s: the outcome is unknown", async (_, server) => {
  const target = await listen(server());
  for (const scheme of ["http", "https"]) {
    const client = createPortOneClient(`${scheme}://${target}`, { askAgainForMs: 700, attemptTimeoutMs: 300 });
    const error: unknown = await client.payment.cancelPayment({ paymentId: "p", reason: "r" }).catch((problem: unknown) => problem);
    expect(isPortOneError(error) && [error.kind, typeof error.idempotencyKey]).toEqual(["outcome_unknown", "string"]);
    client.close();
  }
});

test("a gateway that lets an idle connection go, as a load balancer does", async () => {
  const gateway = await startGateway({ getPayment: () => ({}) });
  const client = createPortOneClient(gateway.target);
  ends.push(gateway.close, client.close);
  for (let i = 0; i < 20; i++) {
    await client.payment.getPayment({ paymentId: "p" });
    gateway.goAway();
    await new Promise((resolve) => setTimeout(resolve, i % 4));
    await client.payment.getPayment({ paymentId: "p" });
  }
});

test("a gateway that breaks connections while they are used and while they are not", async () => {
  const gateway = await startGateway({ cancelPayment: () => new Promise((resolve) => setTimeout(resolve, 10, {})) });
  const client = createPortOneClient(gateway.target);
  ends.push(gateway.close, client.close);
  const cutting = setInterval(gateway.cut, 20);
  setTimeout(() => clearInterval(cutting), 500);
  await Promise.all(Array.from({ length: 50 }, () => client.payment.cancelPayment({ paymentId: "p", reason: "r" })));
  expect(new Set(gateway.keys()).size).toBe(50);
});

test("a thousand calls at once", async () => {
  const gateway = await startGateway({ getPayment: () => ({}) });
  const client = createPortOneClient(gateway.target);
  ends.push(gateway.close, client.close);
  await Promise.all(Array.from({ length: 1000 }, () => client.payment.getPayment({ paymentId: "p" })));
  expect(gateway.seen).toHaveLength(1000);
});
