// A consumer of events: it books payments that were paid.
//
//   gateway protos protos && npm ci && npx tsc
//   node consumer.js 127.0.0.1:9090 protos
import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";

const name = "ledger-typescript";
const [target, protos] = process.argv.slice(2);

interface Delivery {
  ack_id: string;
  event: { id: string; type: string; transaction?: { payment_id?: string } };
}

interface Message {
  delivery?: Delivery; // else it is a heartbeat
}

const definition = loader.loadSync("portone/events/v1/event_service.proto", {
  includeDirs: [protos],
  keepCase: true,
  longs: String, // positions and amounts do not fit into a number
  oneofs: true,
});
const contract = grpc.loadPackageDefinition(definition) as any;
const client = new contract.portone.events.v1.EventService(target, grpc.credentials.createInsecure());

function call(method: string, request: object): Promise<unknown> {
  return new Promise((resolve, reject) =>
    client[method](request, (error: grpc.ServiceError | null, response: unknown) => (error ? reject(error) : resolve(response))),
  );
}

async function consume(): Promise<void> {
  await call("PutSubscription", { subscription: { name, filter: { types: ["Transaction.*"] } } });
  const stream: grpc.ClientReadableStream<Message> = client.Subscribe({ subscription: name });
  // Heartbeats come every 20 s: a stream that is silent for a minute is dead.
  let alive = setTimeout(() => stream.cancel(), 60_000);
  try {
    for await (const message of stream as AsyncIterable<Message>) {
      alive.refresh();
      if (!message.delivery) continue;
      await book(message.delivery); // what it throws ends the stream, and the event comes again
      await call("Ack", { subscription: name, ack_ids: [message.delivery.ack_id] });
    }
  } finally {
    clearTimeout(alive);
    stream.cancel();
  }
}

/** Must do nothing if the event's id was booked before: events come at least once. */
async function book(delivery: Delivery): Promise<void> {
  console.log("handled", delivery.event.id, delivery.event.transaction?.payment_id);
}

for (;;) {
  // Whatever ends it, the gateway still has what was not acknowledged.
  await consume().catch((error) => console.error(error.message));
  await new Promise((done) => setTimeout(done, 1_000));
}
