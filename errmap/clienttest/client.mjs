// Calls each of the methods named in argv on a gRPC server, with the client's own
// limits, and prints what arrived of the error: one JSON line a method.
import grpc from "@grpc/grpc-js";

const [target, ...methods] = process.argv.slice(2);
const client = new grpc.Client(target, grpc.credentials.createInsecure());
const bytes = (b) => b;
for (const method of methods) {
  await new Promise((done) => {
    client.makeUnaryRequest(method, bytes, bytes, Buffer.alloc(0), new grpc.Metadata(), {}, (error) => {
      const details = error?.metadata?.get("grpc-status-details-bin")?.[0];
      console.log(JSON.stringify({ code: error?.code ?? 0, details: details ? details.toString("base64") : "" }));
      done();
    });
  });
}
client.close();
