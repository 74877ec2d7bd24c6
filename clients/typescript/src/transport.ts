import { create, isMessage, type DescMessage, type DescMethodStreaming, type DescMethodUnary, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import {
  createContextValues, type Interceptor, type StreamRequest, type StreamResponse, type Transport, type UnaryRequest, type UnaryResponse,
} from "@connectrpc/connect";
import { AskedCall, kindOf, pathOf, streamError, type Asking } from "./asking.js";
import { callMetadata } from "./gen/rules.js";
import { newIdempotencyKey } from "./key.js";

type AnyFn = (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/**
 * A transport that gives mutations their key, and asks again with it. Interceptors see each call once,
 * with its key, around all of its attempts.
 */
export function askingTransport(inner: Transport, asking: Asking, interceptors: readonly Interceptor[], baseUrl: string): Transport {
  const around = (call: AnyFn): AnyFn => interceptors.reduceRight<AnyFn>((next, interceptor) => interceptor(next as never) as AnyFn, call);

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>, signal: AbortSignal | undefined, timeoutMs: number | undefined,
    headers: ConstructorParameters<typeof Headers>[0], input: MessageInitShape<I>, contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>> {
    const kind = kindOf(pathOf(method));
    if (kind === undefined) return inner.unary(method, signal, timeoutMs, headers, input, contextValues);
    if (Number.isNaN(timeoutMs)) throw new TypeError("timeoutMs is not a number");
    const deadline = timeoutMs === undefined || timeoutMs <= 0 ? undefined : performance.now() + timeoutMs;
    const header = new Headers(headers);
    // Before all else, so that an interceptor that repeats calls repeats them with the key.
    if (kind === "mutation" && !header.has(callMetadata.idempotencyKey)) header.set(callMetadata.idempotencyKey, newIdempotencyKey());
    const ask = (header: Headers, input: MessageInitShape<I>, signal: AbortSignal | undefined, contextValues: ContextValues | undefined) =>
      new AskedCall(inner, asking, { kind, method, signal, deadline, header, input, contextValues }).run();
    if (interceptors.length === 0) return ask(header, input, signal, contextValues);
    const request: UnaryRequest<I, O> = {
      ...common(method, signal, header, contextValues), stream: false, method, message: messageOf(method.input, input),
    };
    const call = around(async (r) => ask(r.header, r.message as MessageInitShape<I>, r.signal, r.contextValues) as Promise<UnaryResponse>);
    return (await call(request as unknown as UnaryRequest)) as UnaryResponse<I, O>;
  }

  async function stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>, signal: AbortSignal | undefined, timeoutMs: number | undefined,
    headers: ConstructorParameters<typeof Headers>[0], input: AsyncIterable<MessageInitShape<I>>, contextValues?: ContextValues,
  ): Promise<StreamResponse<I, O>> {
    if (kindOf(pathOf(method)) === undefined) return inner.stream(method, signal, timeoutMs, headers, input, contextValues);
    const header = new Headers(headers);
    const open = async (header: Headers, input: AsyncIterable<MessageInitShape<I>>, signal: AbortSignal | undefined, contextValues: ContextValues | undefined) => {
      try {
        if (asking.authorization !== undefined) header.set(callMetadata.authorization, await asking.authorization());
        const response = await inner.stream(method, signal, timeoutMs, header, input, contextValues);
        return { ...response, message: withErrors(response.message, signal) };
      } catch (failure) {
        throw await streamError(failure, signal);
      }
    };
    if (interceptors.length === 0) return open(header, input, signal, contextValues);
    const request = { ...common(method, signal, header, contextValues), stream: true, method, message: messagesOf(method.input, input) } as const;
    const call = around(async (r) => (await open(r.header, r.message as AsyncIterable<MessageInitShape<I>>, r.signal, r.contextValues)) as unknown as StreamResponse);
    return (await call(request as unknown as StreamRequest)) as unknown as StreamResponse<I, O>;
  }

  function common(method: DescMethodUnary | DescMethodStreaming, signal: AbortSignal | undefined, header: Headers, contextValues: ContextValues | undefined) {
    return {
      service: method.parent, requestMethod: "POST", url: baseUrl + pathOf(method), header,
      signal: signal ?? new AbortController().signal, contextValues: contextValues ?? createContextValues(),
    };
  }

  return { unary, stream };
}

type ContextValues = ReturnType<typeof createContextValues>;

function messageOf<D extends DescMessage>(desc: D, input: MessageInitShape<D>): MessageShape<D> {
  return isMessage(input, desc) ? (input as MessageShape<D>) : create(desc, input);
}

async function* messagesOf<D extends DescMessage>(desc: D, inputs: AsyncIterable<MessageInitShape<D>>): AsyncIterable<MessageShape<D>> {
  for await (const input of inputs) yield messageOf(desc, input);
}

async function* withErrors<T>(messages: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (failure) {
    throw await streamError(failure, signal);
  }
}
