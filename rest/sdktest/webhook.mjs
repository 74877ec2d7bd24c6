// Verifies webhooks with PortOne's SDK for JavaScript: a line of JSON each on standard
// input, and for each a line "accepted" or "refused".
import { createInterface } from "node:readline";
import * as PortOne from "@portone/server-sdk";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, header, body } = JSON.parse(line);
  try {
    await PortOne.Webhook.verify(secret, body, header);
    console.log("accepted");
  } catch (error) {
    if (!(error instanceof PortOne.Webhook.WebhookVerificationError)) throw error;
    console.log("refused");
  }
}
