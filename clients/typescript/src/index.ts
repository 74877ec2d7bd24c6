export { create, toJson, toJsonString } from "@bufbuild/protobuf";
export { asNumber, minorUnits } from "./amounts.js";
export { createPortOneClient, type ClientOptions, type PortOneClient } from "./client.js";
export { gatewayKey, token, tokenFile, type Credentials } from "./credentials.js";
export {
  isPortOneError, PortOneError, type Advice, type CallError, type Cancelled, type CodeName, type Declined, type ErrorKind,
  type OutcomeUnclear, type OutcomeUnknown, type Refused,
} from "./errors.js";
export { newIdempotencyKey } from "./key.js";
export { ListError } from "./pages.js";
export {
  orderName, paymentAmount, paymentCancellations, paymentChannel, paymentCurrency, paymentCustomer, paymentFailure, paymentId,
  paymentMethod, paymentStatus, statusText, transactionId,
} from "./payment.js";
export type { CallOptions, Listing, ServiceClient } from "./service.js";
export type { TlsOptions } from "./target.js";
