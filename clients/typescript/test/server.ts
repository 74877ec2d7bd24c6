import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { PaymentService } from "../src/gen/v2.js";

/** A gateway of which a test says what it answers, with the headers of the calls that it got. */
export interface FakeGateway {
  target: string;
  seen: HandlerContext[];
  keys(): (string | null)[];
  /** Asks clients to use other connections. */
  goAway(): void;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts one, on a free port of loopback or on a socket. */
export async function startGateway(service: Partial<ServiceImpl<typeof PaymentService>>, socket?: string): Promise<FakeGateway> {
  const seen: HandlerContext[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const noted = Object.fromEntries(
    Object.entries(service).map(([name, answer]) => [
      name,
      (request: never, context: HandlerContext) => {
        seen.push(context);
        return (answer as unknown as (request: never, context: HandlerContext) => never)(request, context);
      },
    ]),
  );
  const server: Http2Server = createServer(connectNodeAdapter({ grpc: true, routes: (router) => router.service(PaymentService, noted) }));
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => (socket === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(socket, resolve)));
  const cut = () => sessions.forEach((session) => session.destroy());
  return {
    target: socket === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${socket}`,
    seen,
    keys: () => seen.map((context) => context.requestHeader.get("idempotency-key")),
    goAway: () => sessions.forEach((session) => session.goaway()),
    cut,
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
