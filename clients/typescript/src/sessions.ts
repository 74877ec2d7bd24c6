import type { ClientHttp2Session, ClientHttp2Stream, SecureClientSessionOptions } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";

const pingIntervalMs = 20_000; // the gateway ends connections that ping more often than every 10 s

/** Connect's manager of connections, with two things that it lacks. */
export class Sessions extends Http2SessionManager {
  readonly #guarded = new WeakSet<ClientHttp2Session>();

  constructor(baseUrl: string, nodeOptions: SecureClientSessionOptions) {
    super(baseUrl, { pingIntervalMs }, nodeOptions);
  }

  override async request(...args: Parameters<Http2SessionManager["request"]>): ReturnType<Http2SessionManager["request"]> {
    const stream = await super.request(...args);
    answers(stream);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session && !this.#guarded.has(session)) {
      // Connect takes its listeners from a connection that it gives up, and Node emits the error of one that broke or was
      // told to go away later: unheard, it would end the process (connectrpc/connect-es#1768). Calls have it from streams.
      this.#guarded.add(session);
      session.on("error", () => {});
    }
    return stream;
  }
}

/**
 * Makes an error of a stream that is closed before its answer began, which Connect would wait for until the deadline:
 * Node closes the streams of a connection that is gone without an error where none was sent.
 */
function answers(stream: ClientHttp2Stream): void {
  let answered = false;
  stream.once("response", () => (answered = true));
  stream.on("error", () => {}); // Connect's own listener comes a little later
  stream.once("close", () => {
    if (!answered) stream.emit("error", new ConnectError("the connection was closed", Code.Unavailable));
  });
}
