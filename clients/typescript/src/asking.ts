import { clone, create, isMessage, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { ConnectError, type ContextValues, type Transport, type UnaryResponse } from "@connectrpc/connect";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { asksAgain, tellsOutcome } from "./advice.js";
import type { Authorization } from "./credentials.js";
import { PortOneError, type ErrorFields } from "./errors.js";
import { asking, callMetadata, mutations, reads, type Kind } from "./gen/rules.js";
import { keyOf, problemOfKey } from "./key.js";
import { sleep } from "./sleep.js";

/** How calls are asked again, and by whom. */
export interface Asking {
  readonly askAgainForMs: number;
  readonly attemptTimeoutMs: number;
  readonly authorization: Authorization | undefined;
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal;
}

/** Whether a method is of the contract, and whether it may change something. */
export function kindOf(path: string): Kind | undefined {
  return mutations.has(path) ? "mutation" : reads.has(path) ? "read" : undefined;
}

/** The path of a method, as in rules.json. */
export function pathOf(method: { parent: { typeName: string }; name: string }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** A unary call as it reaches the asking. Its header has the key, if it is a mutation. */
export interface Call<I extends DescMessage, O extends DescMessage> {
  readonly kind: Kind;
  readonly method: DescMethodUnary<I, O>;
  readonly signal: AbortSignal | undefined;
  /** When the caller gives up, in the time of performance.now(); undefined: never. */
  readonly deadline: number | undefined;
  readonly header: Headers;
  readonly input: MessageInitShape<I>;
  readonly contextValues: ContextValues | undefined;
}

/** Makes attempts until one is answered, or nothing is gained by another. clients/DESIGN.md has the algorithm. */
export class AskedCall<I extends DescMessage, O extends DescMessage> {
  readonly #transport: Transport;
  readonly #asking: Asking;
  readonly #call: Call<I, O>;
  readonly #message: MessageShape<I>;
  readonly #key: string | undefined;
  #giveUp: number | undefined; // set by the first failure
  #unknown = false; // an earlier attempt may have been carried out, and nothing since has said so
  #attempts = 0;

  constructor(transport: Transport, asking: Asking, call: Call<I, O>) {
    this.#transport = transport;
    this.#asking = asking;
    this.#call = call;
    // A copy: what the caller changes while the call lasts must not go out under the same key.
    this.#message = isMessage(call.input, call.method.input) ? clone(call.method.input, call.input as MessageShape<I>) : create(call.method.input, call.input);
    this.#key = call.kind === "mutation" ? keyOf(call.header) : undefined;
  }

  async run(): Promise<UnaryResponse<I, O>> {
    const problem = this.#key === undefined ? undefined : problemOfKey(this.#key);
    if (problem !== undefined) throw await this.#ended("INVALID_ARGUMENT", problem, undefined);
    for (;;) {
      await this.#check();
      const header = await this.#authorized();
      try {
        return await this.#attempt(header);
      } catch (failure) {
        await this.#failed(failure);
      }
    }
  }

  /** Throws if the caller or the client has ended the call. */
  async #check(): Promise<void> {
    const { signal } = this.#call;
    if (signal?.aborted) throw await this.#cancelled(signal.reason);
    if (this.#asking.closed.aborted) throw await this.#ended("CANCELLED", "the client has been closed", undefined);
  }

  /** The headers of the next attempt. */
  async #authorized(): Promise<Headers> {
    const { authorization } = this.#asking;
    if (authorization === undefined) return this.#call.header;
    const header = new Headers(this.#call.header);
    try {
      header.set(callMetadata.authorization, await authorization());
    } catch (problem) {
      throw await this.#ended("UNAUTHENTICATED", "the credentials could not be read", problem);
    }
    return header;
  }

  #attempt(header: Headers): Promise<UnaryResponse<I, O>> {
    const { method, signal, deadline, contextValues } = this.#call;
    const now = performance.now();
    const end = Math.min(now + this.#asking.attemptTimeoutMs, deadline ?? Infinity, this.#giveUp ?? Infinity);
    const timeoutMs = Math.max(Math.floor(end - now), 1);
    this.#attempts++;
    return this.#transport.unary(method, signal, timeoutMs, header, this.#message as MessageInitShape<I>, contextValues);
  }

  /** Returns when it is time for the next attempt; throws if there is none. */
  async #failed(failure: unknown): Promise<void> {
    const { signal } = this.#call;
    if (signal?.aborted) throw await this.#cancelled(signal.reason);
    const unencodable = this.#problemOfMessage();
    if (unencodable !== undefined) throw await this.#ended("INVALID_ARGUMENT", "the request cannot be encoded; the cause says which field", unencodable);
    const { fieldsOf } = await import("./details.js");
    const fields = fieldsOf(failure, { kind: this.#call.kind, idempotencyKey: this.#key });
    const again = asksAgain(fields, fields.retry);
    if (!tellsOutcome(fields)) {
      this.#unknown ||= fields.outcomeUnknown;
      if (this.#unknown) staysUnknown(fields);
    }
    const wait = again && !this.#asking.closed.aborted ? this.#wait(fields.retryAfterMs) : undefined;
    if (wait === undefined) throw new PortOneError(fields);
    await sleep(wait, signal, this.#asking.closed);
    if (this.#asking.closed.aborted) throw new PortOneError(fields);
  }

  /** How long to wait before the next attempt; undefined if there is no time for one. */
  #wait(retryAfterMs: number): number | undefined {
    if (this.#asking.askAgainForMs <= 0) return undefined;
    const now = performance.now();
    this.#giveUp ??= now + this.#asking.askAgainForMs;
    const most = Math.min(asking.longestWaitMs, asking.firstWaitMs * 2 ** (this.#attempts - 1));
    const wait = retryAfterMs > 0 ? retryAfterMs * (1 + Math.random() / 10) : Math.random() * most;
    const end = Math.min(this.#giveUp, this.#call.deadline ?? Infinity);
    return now + wait + asking.leastLeftMs > end ? undefined : wait;
  }

  /** Why the request never left: Connect calls that INTERNAL or INVALID_ARGUMENT, like an answer. */
  #problemOfMessage(): unknown {
    try {
      toBinary(this.#call.method.input, this.#message);
      return undefined;
    } catch (problem) {
      return problem;
    }
  }

  async #cancelled(reason: unknown): Promise<PortOneError> {
    const fields = await this.#local("CANCELLED", "the caller cancelled the call", reason);
    fields.cancelled = true;
    if (this.#attempts > 0 && this.#call.kind === "mutation") staysUnknown(fields);
    return new PortOneError(fields);
  }

  /** The error of a call that ends here, for a reason that no answer gave. */
  async #ended(code: ErrorFields["code"], message: string, cause: unknown): Promise<PortOneError> {
    const fields = await this.#local(code, message, cause);
    if (this.#unknown) staysUnknown(fields);
    return new PortOneError(fields);
  }

  async #local(code: ErrorFields["code"], message: string, cause: unknown): Promise<ErrorFields> {
    const { empty } = await import("./details.js");
    return empty(code, message, { kind: this.#call.kind, idempotencyKey: this.#key }, cause);
  }
}

function staysUnknown(fields: ErrorFields): void {
  fields.outcomeUnknown = true;
  fields.retry = "same";
}

/** The error of a stream that broke. Streams are downloads, which change nothing and are not asked for again. */
export async function streamError(failure: unknown, signal: AbortSignal | undefined): Promise<PortOneError> {
  const { empty, fieldsOf } = await import("./details.js");
  const sent = { kind: "read", idempotencyKey: undefined } as const;
  if (!signal?.aborted) return new PortOneError(fieldsOf(ConnectError.from(failure), sent));
  return new PortOneError({ ...empty("CANCELLED", "the caller cancelled the call", sent, signal.reason), cancelled: true });
}
