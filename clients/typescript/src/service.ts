import type { DescMessage, DescMethodServerStreaming, DescMethodUnary, DescService, Message, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { createClient, type CallOptions as ConnectCallOptions, type Client, type Transport } from "@connectrpc/connect";
import { callMetadata } from "./gen/rules.js";
import { lists, type Items } from "./gen/lists.js";
import { loaders, methods, type Services } from "./gen/services.js";
import { paginate } from "./pages.js";

/**
 * Options of a call. `timeoutMs` is all that the call may take, with asking again; none: a little over two minutes.
 * Aborting `signal` ends it, and does not undo what PortOne may have done.
 */
export interface CallOptions extends ConnectCallOptions {
  /** The key that a mutation is sent with, such as one that was kept with the order. Default: a new one. */
  idempotencyKey?: string | undefined;
}

/** An RPC that lists, with `all`, which reads the whole list, page by page as they are used. */
export interface Listing<I extends DescMessage, Item> {
  /**
   * Reads the list to its end: `for await (const item of client.payment.getPayments.all({ ... }))`. Objects that come
   * meanwhile are not in it; those that change meanwhile, so that the filter sees them elsewhere, can be missed: list by
   * cursor where none may be. `timeoutMs` is that of each page.
   */
  all(request?: MessageInitShape<I>, options?: CallOptions): AsyncGenerator<Item, void, undefined>;
}

/** The methods of a service. Those that list by page or by cursor have `all`, too. */
export type ServiceClient<Name extends keyof Services> = {
  readonly [Method in keyof Services[Name]["method"]]: MethodClient<Services[Name]["method"][Method], `${Name}.${Method & string}`>;
};

type MethodClient<Method, Path extends string> =
  Method extends DescMethodUnary<infer I, infer O>
    ? ((request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>) & (Path extends keyof Items ? Listing<I, Items[Path]> : unknown)
    : Method extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncGenerator<MessageShape<O>, void, undefined>
      : never;

type AnyClient = Record<string, (request: unknown, options?: ConnectCallOptions) => unknown>;

/** Makes the client of a service, whose module is imported with the first call. */
export function serviceClient<Name extends keyof Services>(name: Name, transport: Transport): ServiceClient<Name> {
  let loading: Promise<{ service: DescService; client: AnyClient }> | undefined;
  const load = () => (loading ??= loadService(name, transport));
  const made: Record<string, unknown> = {};
  for (const [method, streams] of Object.entries(methods[name])) {
    made[method] = streams ? streaming(load, method) : Object.assign(unary(load, method), listing(load, name, method));
  }
  return made as ServiceClient<Name>;
}

type Load = () => Promise<{ service: DescService; client: AnyClient }>;

async function loadService(name: keyof Services, transport: Transport): Promise<{ service: DescService; client: AnyClient }> {
  const service = await loaders[name]();
  return { service, client: createClient(service as DescService, transport) as Client<DescService> as AnyClient };
}

function unary(load: Load, method: string) {
  return async (request: unknown, options?: CallOptions) => {
    const { client } = await load();
    return client[method]?.(request, connectOptions(options));
  };
}

function listing(load: Load, name: keyof Services, method: string): object {
  const list = lists[`${name}.${method}` as keyof Items];
  if (list === undefined) return {};
  const all = async function* (request?: MessageInitShape<DescMessage>, options?: CallOptions) {
    const { service, client } = await load();
    const desc = service.method[method];
    if (desc === undefined) throw new TypeError(`${service.typeName} has no ${method}`);
    yield* paginate(desc.input, list, request, (part) => client[method]?.(part, connectOptions(options)) as Promise<Message>);
  };
  return { all };
}

/** A download. Whoever stops to read it ends the call. */
function streaming(load: Load, method: string) {
  return async function* (request: unknown, options?: CallOptions) {
    const { client } = await load();
    const given = options?.signal;
    const own = new AbortController();
    const end = () => own.abort(given?.reason);
    if (given?.aborted) end();
    given?.addEventListener("abort", end);
    try {
      yield* client[method]?.(request, { ...connectOptions(options), signal: own.signal }) as AsyncIterable<unknown>;
    } finally {
      given?.removeEventListener("abort", end);
      own.abort();
    }
  };
}

function connectOptions(options: CallOptions | undefined): ConnectCallOptions | undefined {
  if (options?.idempotencyKey === undefined) return options;
  const { idempotencyKey, ...rest } = options;
  const headers = new Headers(rest.headers);
  // Headers refuse other characters with an error that shows them; this one is refused as any key that is not allowed.
  headers.set(callMetadata.idempotencyKey, /^[ -~]*$/.test(idempotencyKey) ? idempotencyKey : "?");
  return { ...rest, headers };
}
