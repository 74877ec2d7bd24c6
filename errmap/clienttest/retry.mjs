// Makes a call with a retry policy for UNAVAILABLE, four attempts at most, and prints the
// code that it ends with. Arguments: target, method, request in hexadecimal.
import grpc from "@grpc/grpc-js";

const [target, method, request] = process.argv.slice(2);
const retryPolicy = { maxAttempts: 4, initialBackoff: "0.02s", maxBackoff: "0.05s", backoffMultiplier: 1, retryableStatusCodes: ["UNAVAILABLE"] };
const config = JSON.stringify({ loadBalancingConfig: [], methodConfig: [{ name: [{}], retryPolicy }] });
const client = new grpc.Client(target, grpc.credentials.createInsecure(), { "grpc.service_config": config, "grpc.enable_retries": 1 });
const bytes = (b) => b;
client.makeUnaryRequest(method, bytes, bytes, Buffer.from(request, "hex"), new grpc.Metadata(), { deadline: Date.now() + 10000 }, (error) => {
  console.log(error?.code ?? 0);
  client.close();
});
