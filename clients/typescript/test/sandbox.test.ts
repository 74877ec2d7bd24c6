import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPortOneError, paymentAmount, statusText } from "../src/index.js";
import { fault, startSandbox, useSandbox } from "../src/testing.js";

describe("a sandbox", () => {
  const sandbox = useSandbox({ beforeAll, afterAll });

  test("has the objects of the demo", async () => {
    const payment = await sandbox().client.payment.getPayment({ paymentId: "demo-payment-1" });
    expect([statusText(payment), paymentAmount(payment)?.total]).toEqual(["PAID", 25000n]);
  });

  test("meets faults", async () => {
    const call = sandbox().client.payment.getPayment({ paymentId: "demo-payment-1" }, { headers: fault("error=FORBIDDEN") });
    const error: unknown = await call.catch((problem: unknown) => problem);
    expect(isPortOneError(error) && [error.type, error.requestId !== ""]).toEqual(["FORBIDDEN", true]);
  });

  test("counts, advances and begins anew", async () => {
    const charged = async () => (await sandbox().counters())["payment.charged"] ?? 0;
    const before = await charged();
    await sandbox().advance(61 * 24 * 3600_000);
    expect(await charged()).toBeGreaterThan(before);
    await sandbox().reset();
    expect(await charged()).toBeLessThanOrEqual(before);
    expect(await sandbox().webhooks()).toBeDefined();
    await expect(sandbox().call("GET", "no-such-thing")).rejects.toThrow(/404/);
  });

  test("streams a download, which ends when nobody reads on", async () => {
    const parts = sandbox().client.platformTransfer.downloadPlatformTransferSheet({}, {});
    const error: unknown = await parts.next().then(() => undefined, (problem: unknown) => problem);
    expect(error === undefined || isPortOneError(error)).toBe(true);
    await parts.return(undefined);
  });
});

test("ends, twice if asked to", async () => {
  const sandbox = await startSandbox();
  await sandbox.close();
  await sandbox.close();
  await expect(sandbox.counters()).rejects.toThrow();
});

test("that cannot start says so", async () => {
  await expect(startSandbox({ arguments: ["--no-such-flag"] })).rejects.toThrow(/did not start/);
});
