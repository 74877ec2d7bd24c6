import { createPortOneClient, isPortOneError, paymentId, paymentStatus, type CallOptions, type PortOneClient } from "../src/index.js";
import { Currency, DeclineNextStep, DeclineReason, ErrorReason, GatewayReason, PaymentStatus } from "../src/gen/v2.js";
import type { Bench, Scene, Step } from "./bench.js";

/** What a call came to, with the names of clients/scenarios.json. */
export type Outcome = Record<string, unknown>;

/** Makes the calls of one scenario. */
export class Runner {
  readonly #bench: Bench;
  readonly #scene: Scene;
  #last: string | undefined; // key of the last error, or the last given

  constructor(bench: Bench, scene: Scene) {
    this.#bench = bench;
    this.#scene = scene;
  }

  async run(step: Step): Promise<Outcome> {
    using client = createPortOneClient(this.#bench.target, { askAgainForMs: step.askAgainForMs ?? 15_000, attemptTimeoutMs: step.attemptMs });
    const options: CallOptions = { headers: { ...step.metadata }, idempotencyKey: this.#key(step.key) };
    if (step.deadlineMs !== undefined) options.timeoutMs = step.deadlineMs;
    if (step.cancelOnArrival) {
      const cancel = new AbortController();
      options.signal = cancel.signal;
      void this.#bench.arrived().then(() => cancel.abort());
    }
    try {
      return await this.#do(client, step, options);
    } catch (caught) {
      return this.#failed(caught);
    }
  }

  #key(key: string | undefined): string | undefined {
    if (key === "last") return this.#last;
    this.#last = key ?? this.#last;
    return key;
  }

  async #do(client: PortOneClient, step: Step, options: CallOptions): Promise<Outcome> {
    const page = { size: step.size };
    switch (step.do) {
      case "pay":
        await this.#pay(client, step.amount ?? 1000, options);
        return {};
      case "refund":
        await client.payment.cancelPayment({ paymentId: this.#scene.paidPaymentId, amount: 100n, reason: "scenario" }, options);
        return {};
      case "get": {
        const id = step.of === "paymentId" ? this.#scene.paymentId : this.#scene.paidPaymentId;
        const payment = await client.payment.getPayment({ paymentId: id }, options);
        return { status: PaymentStatus[paymentStatus(payment)], unrecognized: payment.unrecognized, unrecognizedOfCase: payment.status.value?.unrecognized };
      }
      case "list":
        return this.#count(client, step, client.payment.getPayments.all({ page }, options), paymentId);
      case "listByCursor":
        return this.#count(client, step, client.payment.getAllPaymentsByCursor.all(page, options), (item) => item.payment && paymentId(item.payment));
    }
  }

  #pay(client: PortOneClient, amount: number, options?: CallOptions) {
    return client.payment.payWithBillingKey({
      paymentId: this.#scene.paymentId, billingKey: this.#scene.billingKey, channelKey: this.#scene.channelKey, orderName: "scenario", amount: { total: BigInt(amount) }, currency: Currency.KRW,
    }, options);
  }

  /** Counts the different objects of a list. */
  async #count<T>(client: PortOneClient, step: Step, items: AsyncIterable<T>, id: (item: T) => unknown): Promise<Outcome> {
    const seen = new Set<unknown>();
    for await (const item of items) {
      if (step.payAfterFirstItem && seen.size === 0) await this.#pay(client, 1000);
      seen.add(id(item));
    }
    return { items: seen.size };
  }

  #failed(caught: unknown): Outcome {
    if (!isPortOneError(caught)) throw caught;
    this.#last = caught.idempotencyKey ?? this.#last;
    return {
      class: caught.kind, code: caught.code, type: caught.type, key: caught.idempotencyKey !== undefined, retry: caught.retry,
      reason: ErrorReason[caught.reason], gatewayReason: GatewayReason[caught.gatewayReason],
      decline: caught.decline?.reason && DeclineReason[caught.decline.reason], nextStep: caught.decline?.nextStep && DeclineNextStep[caught.decline.nextStep],
      outcomeUnknown: caught.outcomeUnknown, outcomeUnclear: caught.outcomeUnclear,
    };
  }
}
