// What the client costs a call, beside Connect's bare stub in the same run: time and CPU of this process, by reads and
// by mutations, one after the other and 32 at once. Needs `npm run build` and a gateway, as tests do.

import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { startSandbox } from "../dist/esm/testing.js";
import { PaymentService } from "../dist/esm/gen/portone/v2/payment_pb.js";

const rounds = 9;
const calls = 1000;

const sandbox = await startSandbox();
const bare = createClient(PaymentService, createGrpcTransport({ baseUrl: `http://${sandbox.target}` }));
const stubs = { bare, client: sandbox.client.payment };

const kinds = {
  read: (stub) => stub.getPayment({ paymentId: "demo-payment-1" }),
  mutation: (stub) => stub.preRegisterPayment({ paymentId: "overhead", totalAmount: 1000n }),
};

for (const [kind, call] of Object.entries(kinds)) {
  for (const atOnce of [1, 32]) {
    const spent = { bare: [], client: [] };
    for (let round = -1; round < rounds; round++) {
      for (const [name, stub] of Object.entries(stubs)) {
        const one = await measure(stub, call, atOnce);
        if (round >= 0) spent[name].push(one);
      }
    }
    const [b, c] = [median(spent.bare), median(spent.client)];
    console.log(`${kind}, ${atOnce} at once: bare ${text(b)}, client ${text(c)}, more: ${text({ wall: c.wall - b.wall, cpu: c.cpu - b.cpu })}`);
  }
}
await sandbox.close();

async function measure(stub, call, atOnce) {
  const [before, cpu] = [performance.now(), process.cpuUsage()];
  let left = calls;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0) await call(stub);
  }));
  const { user, system } = process.cpuUsage(cpu);
  return { wall: ((performance.now() - before) * 1e3) / calls, cpu: (user + system) / calls };
}

function median(all) {
  const middle = (name) => all.map((one) => one[name]).sort((a, b) => a - b)[all.length >> 1];
  return { wall: middle("wall"), cpu: middle("cpu") };
}

function text({ wall, cpu }) {
  return `${wall.toFixed(0)} us (CPU ${cpu.toFixed(0)})`;
}
