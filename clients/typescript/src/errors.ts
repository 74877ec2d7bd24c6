import type { DeclineNextStep, DeclineReason, PgDecline } from "./gen/portone/v2/decline_pb.js";
import type { ErrorReason, PortOneError as Detail } from "./gen/portone/v2/error_pb.js";
import type { GatewayReason } from "./gen/portone/v2/gateway_pb.js";
import type { Advice, CodeName } from "./gen/rules.js";

export type { Advice, CodeName, DeclineNextStep, DeclineReason };

/** What a failed call is, by what to do about it. */
export type ErrorKind = "outcome_unknown" | "outcome_unclear" | "declined" | "cancelled" | "error";

/** What an error is made of. */
export interface ErrorFields {
  code: CodeName;
  message: string;
  localizedMessage: string;
  domain: string;
  type: string;
  reason: ErrorReason;
  gatewayReason: GatewayReason;
  operation: string;
  idempotencyKey: string | undefined;
  requestId: string;
  retryAfterMs: number;
  truncated: boolean;
  detail: Detail | undefined;
  retry: Advice;
  outcomeUnknown: boolean;
  cancelled: boolean;
  cause: unknown;
}

const brand = Symbol.for("@portone-gateway/client.PortOneError");

/**
 * A failed call. {@link isPortOneError} narrows to {@link CallError}, a union that is told apart by
 * `kind`. Its text, and what console.log and loggers show of it, has no keys, no ids of objects and no
 * data: those are getters.
 */
export class PortOneError extends Error {
  /** What to do about it. */
  readonly kind: ErrorKind;

  /** The gRPC code. */
  readonly code: CodeName;

  /**
   * PortOne's type as it was sent, such as PAYMENT_NOT_FOUND, or the gateway's reason, such as
   * OUTCOME_UNKNOWN. Empty if the error is of neither, such as a connection that broke.
   */
  readonly type: string;

  /** PortOne's type as an enum; UNSPECIFIED (0) for one that this package does not know, or that is not PortOne's. */
  readonly reason: ErrorReason;

  /** The gateway's reason as an enum; UNSPECIFIED (0) if the error is not the gateway's own. */
  readonly gatewayReason: GatewayReason;

  /** PortOne's operationId; empty if there was none. */
  readonly operation: string;

  /** Names the call in the gateway's log; empty if the gateway did not speak. */
  readonly requestId: string;

  /**
   * Whether to repeat the call: "never": it fails again; "same": the same request, a mutation with the
   * same key; "later": as a new request, once a limit or an outage has passed; "check_first": read what
   * became of it, and go by that.
   */
  readonly retry: Advice;

  /** How long to wait before trying again, in milliseconds; 0 if nothing is said. */
  readonly retryAfterMs: number;

  /** PortOne may have carried the mutation out and has not said so. Repeat it with idempotencyKey, never with another key. */
  readonly outcomeUnknown: boolean;

  /** The details were cut to fit into trailers: lists and texts may be shorter than PortOne sent them. */
  readonly truncated: boolean;

  readonly #fields: ErrorFields;

  /** @internal */
  constructor(fields: ErrorFields) {
    super(textOf(fields), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.type = fields.type;
    this.reason = fields.reason;
    this.gatewayReason = fields.gatewayReason;
    this.operation = fields.operation;
    this.requestId = fields.requestId;
    this.retry = fields.retry;
    this.retryAfterMs = fields.retryAfterMs;
    this.outcomeUnknown = fields.outcomeUnknown;
    this.truncated = fields.truncated;
    this.#fields = fields;
    this.kind = kindOf(fields);
    Object.defineProperty(this, brand, { value: true });
  }

  /** PortOne has answered without knowing what became of it at the PG: read the payment, and go by its status. */
  get outcomeUnclear(): boolean {
    return this.retry === "check_first";
  }

  /** The key that a mutation was sent with; undefined for reads. To ask for the outcome, send the same request with it. */
  get idempotencyKey(): string | undefined {
    return this.#fields.idempotencyKey;
  }

  /** PortOne's error with all that it sent; undefined if the error is not PortOne's. */
  get detail(): Detail | undefined {
    return this.#fields.detail;
  }

  /** The data of the error's type, told apart by `case`, such as `pgProvider`; case undefined if the type has none. */
  get data(): Detail["data"] {
    return this.#fields.detail?.data ?? { case: undefined };
  }

  /** What the PG's refusal means and what to do; undefined if there was none, or its code is unknown. */
  get decline(): PgDecline | undefined {
    return this.#fields.detail?.decline;
  }

  /** The text in the language of the call's accept-language: for staff, not for buyers. Empty if the gateway did not speak. */
  get localizedMessage(): string {
    return this.#fields.localizedMessage;
  }

  static {
    this.prototype.name = "PortOneError";
  }

  /** Errors of the package's other build (ES modules, CommonJS) count, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && brand in value;
  }

  /** What console.log shows: without the cause, whose metadata has the details. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `${this.stack ?? String(this)} { kind: '${this.kind}', retry: '${this.retry}', outcomeUnknown: ${this.outcomeUnknown} }`;
  }
}

/** PortOne may have carried the mutation out. Ask again later with the same request and idempotencyKey, never with another key. */
export type OutcomeUnknown = PortOneError & {
  readonly kind: "outcome_unknown";
  readonly idempotencyKey: string;
  readonly outcomeUnknown: true;
  readonly retry: "same";
};

/** PortOne has answered, and does not know what became of it at the PG. Read the payment, and go by its status. */
export type OutcomeUnclear = PortOneError & { readonly kind: "outcome_unclear"; readonly retry: "check_first" };

/** The PG or card company said no; `decline` says why and what to do, where the PG's codes are known. */
export type Declined = PortOneError & { readonly kind: "declined" };

/** The caller's signal was aborted; its reason is the cause. Of a mutation that was sent the outcome is unknown. */
export type Cancelled = PortOneError & { readonly kind: "cancelled" };

/** Everything else: `type` and `retry` say more. */
export type Refused = PortOneError & { readonly kind: "error" };

/** A failed call, told apart by `kind`. */
export type CallError = OutcomeUnknown | OutcomeUnclear | Declined | Cancelled | Refused;

/** Reports whether something that was caught is a failed call. */
export function isPortOneError(caught: unknown): caught is CallError {
  return caught instanceof PortOneError;
}

function kindOf(fields: ErrorFields): ErrorKind {
  if (fields.cancelled) return "cancelled";
  if (fields.outcomeUnknown) return "outcome_unknown";
  if (fields.retry === "check_first") return "outcome_unclear";
  return fields.type === "PG_PROVIDER" || fields.detail?.decline ? "declined" : "error";
}

function textOf(fields: ErrorFields): string {
  const head = [fields.code, fields.type, fields.operation].filter((part) => part !== "").join(" ");
  return `${head}: ${fields.message}${fields.requestId === "" ? "" : ` (request ${fields.requestId})`}`;
}
