// A shop's checkout: the browser pays with PortOne's browser SDK; this service says how much, believes only what PortOne
// says, and refunds. Beside `gateway --sandbox`, with Node 22.18 or newer: node checkout.ts
import { createServer } from "node:http";
import { asNumber, createPortOneClient, isPortOneError, newIdempotencyKey, paymentAmount, paymentCurrency, statusText, type PortOneClient } from "@portone-gateway/client";
import { Currency, DeclineNextStep } from "@portone-gateway/client/v2";

interface Order { amount: bigint; state: "open" | "paid" | "refunded"; refundKey: string } // in a shop, a row of the database
type Answer = [status: number, body: object];
const prices = new Map([["socks", 9_000n], ["shoes", 59_000n]]);

export function checkout(portone: PortOneClient, orders = new Map<string, Order>()) {
  async function open(product: string): Promise<Answer> {
    const amount = prices.get(product);
    if (amount === undefined) return [404, { error: "no such product" }];
    const paymentId = `order-${newIdempotencyKey()}`;
    await portone.payment.preRegisterPayment({ paymentId, totalAmount: amount, currency: Currency.KRW });
    orders.set(paymentId, { amount, state: "open", refundKey: newIdempotencyKey() });
    return [201, { paymentId, amount: asNumber(amount) }];
  }
  async function complete(paymentId: string, order: Order): Promise<Answer> { // the browser says that it has paid, or a webhook does
    if (order.state !== "open") return [200, { state: order.state }];
    const payment = await portone.payment.getPayment({ paymentId });
    if (statusText(payment) !== "PAID") return [409, { state: statusText(payment) }];
    const asAgreed = paymentAmount(payment)?.total === order.amount && paymentCurrency(payment) === Currency.KRW;
    if (!asAgreed) return [409, { error: "another amount was paid than was agreed" }];
    order.state = "paid";
    return [200, { state: order.state }];
  }
  async function refund(paymentId: string, order: Order): Promise<Answer> { // may be asked for twice: the key is the order's
    if (order.state === "open") return [409, { error: "not paid" }];
    await portone.payment.cancelPayment({ paymentId, reason: "returned by the customer" }, { idempotencyKey: order.refundKey });
    order.state = "refunded";
    return [200, { state: order.state }];
  }
  function failed(error: unknown): Answer {
    if (!isPortOneError(error)) return [500, { error: "internal" }];
    switch (error.kind) {
      case "outcome_unknown": return [202, { state: "not known yet: ask for the same again" }]; // it has the same key
      case "outcome_unclear": return [202, { state: "not known yet: look at the payment" }];
      case "declined": return [402, { next: DeclineNextStep[error.decline?.nextStep ?? 0] }];
      default: return [error.retry === "never" ? 409 : 503, { error: error.type || error.code }];
    }
  }
  async function route(method = "", url = ""): Promise<Answer> {
    const [, , id = "", action = ""] = url.split("/"); // POST /orders/socks, /orders/{paymentId}/complete, /orders/{paymentId}/refund
    const order = orders.get(id);
    if (method !== "POST" || !url.startsWith("/orders/")) return [404, {}];
    if (action === "") return open(id);
    if (!order || !["complete", "refund"].includes(action)) return [404, {}];
    return action === "complete" ? complete(id, order) : refund(id, order);
  }
  return createServer(async (request, response) => {
    const [status, body] = await route(request.method, request.url).catch(failed);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}
if (process.argv[1]?.endsWith("checkout.ts")) checkout(createPortOneClient(process.env["PORTONE_GATEWAY_TARGET"] ?? "127.0.0.1:9090")).listen(3000);
