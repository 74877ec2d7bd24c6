// What every payment has, whatever its status. Undefined is what is not known: never 0.

import type { Currency, Customer, SelectedChannel } from "./gen/portone/v2/common_pb.js";
import type { Payment, PaymentAmount, PaymentCancellation, PaymentFailure, PaymentMethod, PaymentStatus } from "./gen/portone/v2/payment_pb.js";
import { statuses } from "./gen/statuses.js";

type Case = NonNullable<Payment["status"]["value"]>;

/** The id that the caller gave the payment. */
export const paymentId = (payment: Payment): string | undefined => payment.status.value?.id;

/** PortOne's id of the latest attempt to pay. */
export const transactionId = (payment: Payment): string | undefined => payment.status.value?.transactionId;

/** What was bought. */
export const orderName = (payment: Payment): string | undefined => payment.status.value?.orderName;

/** The amounts, bigints in the currency's minor unit. */
export const paymentAmount = (payment: Payment): PaymentAmount | undefined => payment.status.value?.amount;

/** The currency of the amounts; UNSPECIFIED (0) for one that this package does not know. */
export const paymentCurrency = (payment: Payment): Currency | undefined => payment.status.value?.currency;

/** How the customer pays; undefined if that is not known yet. */
export const paymentMethod = (payment: Payment): PaymentMethod | undefined => has(payment.status.value, "method");

/** The channel, and so the PG; undefined if that is not known yet. */
export const paymentChannel = (payment: Payment): SelectedChannel | undefined => has(payment.status.value, "channel");

/** Who pays. */
export const paymentCustomer = (payment: Payment): Customer | undefined => payment.status.value?.customer;

/** Why a payment failed, with the PG's code and text; undefined if it did not. */
export const paymentFailure = (payment: Payment): PaymentFailure | undefined =>
  payment.status.case === "failed" ? payment.status.value.failure : undefined;

/** The cancellations of a payment, of which some may have failed or not be done yet. */
export const paymentCancellations = (payment: Payment): readonly PaymentCancellation[] => has(payment.status.value, "cancellations") ?? [];

/** The status as PortOne sends it, such as PAID, known or not; undefined if it sent none. */
export function statusText(payment: Payment): string | undefined {
  const known = payment.status.case && statuses[payment.status.case];
  if (known) return known.text;
  try {
    const sent: unknown = JSON.parse(payment.unrecognized["status"] ?? "null");
    return typeof sent === "string" ? sent : undefined;
  } catch {
    return undefined;
  }
}

/** The status; UNSPECIFIED (0) for one that this package does not know: see {@link statusText}. */
export function paymentStatus(payment: Payment): PaymentStatus {
  return payment.status.case ? statuses[payment.status.case].status : (0 as PaymentStatus);
}

/** A member that only some of the cases have. */
function has<Name extends AllKeys<Case>>(value: Case | undefined, name: Name): Extract<Case, Record<Name, unknown>>[Name] | undefined {
  return (value as Extract<Case, Record<Name, unknown>> | undefined)?.[name];
}

type AllKeys<T> = T extends unknown ? keyof T : never;
