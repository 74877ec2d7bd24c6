import { setMaxListeners } from "node:events";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Credentials } from "./credentials.js";
import { asking } from "./gen/rules.js";
import { methods, type Services } from "./gen/services.js";
import { serviceClient, type ServiceClient } from "./service.js";
import { Sessions } from "./sessions.js";
import { placeOf, type TlsOptions } from "./target.js";
import { askingTransport } from "./transport.js";

/** How to call the gateway. Nothing given: plaintext without credentials, as to a sidecar. */
export interface ClientOptions {
  /** TLS: true, or who may sign the gateway's certificate, and for mTLS the caller's own. Default: that of the target's scheme, else none. */
  tls?: TlsOptions | boolean | undefined;

  /** Who calls: gatewayKey, token or tokenFile. Default: nobody, or who the certificate of `tls` says. */
  credentials?: Credentials | undefined;

  /**
   * Lets credentials go without TLS to another machine, where something else secures the connection, such as a mesh. To
   * loopback and unix sockets they always may.
   */
  allowPlaintext?: boolean | undefined;

  /**
   * How long a call is asked again after its first failure, in milliseconds, where the outcome is unknown or the gateway
   * says so; never beyond the call's timeoutMs. Default: a minute. 0: not at all.
   */
  askAgainForMs?: number | undefined;

  /** How long one attempt may take, in milliseconds. Default: 75 s, since the gateway waits 60 s for PortOne. */
  attemptTimeoutMs?: number | undefined;

  /** Interceptors of Connect, the first one outermost. They see a call once, with its key, around all of its attempts. */
  interceptors?: readonly Interceptor[] | undefined;
}

/** A client of the gateway: its services by short names, such as `client.payment`. Safe to share; make one for a program. */
export type PortOneClient = { readonly [Name in keyof Services]: ServiceClient<Name> } & {
  /** For clients of Connect's own, `createClient(PaymentService, client.transport)`: they ask again, too. */
  readonly transport: Transport;

  /** Closes the connection. Calls that are made now or later fail; of mutations in flight the outcome is unknown. */
  close(): void;

  [Symbol.dispose](): void;
};

const maxAnswer = 32 << 20; // the gateway's own limit

/**
 * Makes a client of the gateway at a target such as 127.0.0.1:9090, https://gateway:9090 or unix:///run/gateway.sock. It
 * connects with the first call. Throws a TypeError that says which option is wrong.
 */
export function createPortOneClient(target: string, options: ClientOptions = {}): PortOneClient {
  const place = placeOf(target, options.tls);
  const { credentials } = options;
  if (credentials && !place.secure && !place.local && !options.allowPlaintext) {
    throw new TypeError("credentials would go to another machine in clear text: set tls or, behind a mesh, allowPlaintext");
  }
  const closed = new AbortController();
  setMaxListeners(0, closed.signal); // one a call that waits
  const sessionManager = new Sessions(place.baseUrl, place.nodeOptions);
  const inner = createGrpcTransport({ baseUrl: place.baseUrl, sessionManager, readMaxBytes: maxAnswer });
  const transport = askingTransport(inner, {
    askAgainForMs: milliseconds("askAgainForMs", options.askAgainForMs, asking.askAgainForMs, 0),
    attemptTimeoutMs: milliseconds("attemptTimeoutMs", options.attemptTimeoutMs, asking.attemptMs, 1),
    authorization: credentials && (() => credentials.authorization()),
    closed: closed.signal,
  }, options.interceptors ?? [], place.baseUrl);
  const close = () => {
    closed.abort();
    sessionManager.abort();
  };
  return withServices({ transport, close, [Symbol.dispose]: close }, transport);
}

function withServices(client: Pick<PortOneClient, "transport" | "close" | typeof Symbol.dispose>, transport: Transport): PortOneClient {
  for (const name of Object.keys(methods) as (keyof Services)[]) {
    let made: unknown;
    Object.defineProperty(client, name, { enumerable: true, get: () => (made ??= serviceClient(name, transport)) });
  }
  return client as PortOneClient;
}

function milliseconds(name: string, given: number | undefined, usual: number, least: number): number {
  if (given === undefined) return usual;
  if (!(given >= least)) throw new TypeError(`${name} must be at least ${least}`);
  return given;
}
