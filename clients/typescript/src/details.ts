// Reads what a failed RPC says. Imported at the first failure, since the contract's errors take a
// third of the time that the rest of the package takes to start.

import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { advise, leavesOutcomeUnknown } from "./advice.js";
import type { ErrorFields } from "./errors.js";
import { ErrorInfoSchema, LocalizedMessageSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { DeclineNextStep } from "./gen/portone/v2/decline_pb.js";
import { ErrorReason, PortOneErrorSchema } from "./gen/portone/v2/error_pb.js";
import { GatewayReason } from "./gen/portone/v2/gateway_pb.js";
import { asking, callMetadata, domains, infoMetadata, withoutErrorInfo, type CodeName, type Kind } from "./gen/rules.js";

/** What the client knows of a call that failed. */
export interface Sent {
  kind: Kind;
  idempotencyKey: string | undefined;
}

/** The fields of the error of an attempt that failed. */
export function fieldsOf(failure: unknown, sent: Sent): ErrorFields {
  const cause = ConnectError.from(failure);
  const fields = empty(codeName(cause.code), cause.rawMessage, sent, failure);
  fields.requestId = cause.metadata.get(callMetadata.requestId) ?? "";
  for (const detail of cause.details) {
    if (!("type" in detail)) continue;
    try {
      read(fields, detail.type, detail.value);
    } catch {
      // A detail that cannot be read is as good as none.
    }
  }
  const step = fields.detail?.decline?.nextStep;
  fields.retry = advise(fields, (step !== undefined && DeclineNextStep[step]) || "", sent.kind);
  fields.outcomeUnknown = sent.kind === "mutation" && leavesOutcomeUnknown(fields, fields.retry);
  return fields;
}

/** The fields of an error that no answer is the cause of. */
export function empty(code: CodeName, message: string, sent: Sent, cause: unknown): ErrorFields {
  return {
    code, message, localizedMessage: "", domain: "", type: "", operation: "", requestId: "", cause,
    reason: ErrorReason.UNSPECIFIED, gatewayReason: GatewayReason.UNSPECIFIED, detail: undefined, truncated: false,
    idempotencyKey: sent.idempotencyKey, retryAfterMs: 0, retry: "never", outcomeUnknown: false, cancelled: false,
  };
}

function read(fields: ErrorFields, type: string, value: Uint8Array): void {
  switch (type) {
    case ErrorInfoSchema.typeName:
      readInfo(fields, value);
      break;
    case RetryInfoSchema.typeName: {
      const delay = fromBinary(RetryInfoSchema, value).retryDelay;
      if (delay) fields.retryAfterMs = Math.min(Math.max(Number(delay.seconds) * 1e3 + delay.nanos / 1e6, 0), asking.maxRetryInfoMs);
      break;
    }
    case LocalizedMessageSchema.typeName:
      fields.localizedMessage = fromBinary(LocalizedMessageSchema, value).message;
      break;
    case PortOneErrorSchema.typeName:
      fields.detail = fromBinary(PortOneErrorSchema, value);
      fields.reason = fields.detail.reason ?? ErrorReason.UNSPECIFIED;
      break;
  }
}

/** ErrorInfos of other domains, which meshes add, count as none. */
function readInfo(fields: ErrorFields, value: Uint8Array): void {
  const info = fromBinary(ErrorInfoSchema, value);
  if (info.domain !== domains.portone && info.domain !== domains.gateway) return;
  fields.domain = info.domain;
  fields.type = info.reason;
  fields.operation = info.metadata[infoMetadata.operation] ?? "";
  fields.truncated = (info.metadata[infoMetadata.truncated] ?? "") !== "";
  fields.idempotencyKey = info.metadata[infoMetadata.idempotencyKey] || fields.idempotencyKey;
  if (info.domain !== domains.gateway) return;
  const reason: unknown = Object.hasOwn(GatewayReason, info.reason) ? GatewayReason[info.reason as keyof typeof GatewayReason] : undefined;
  if (typeof reason === "number") fields.gatewayReason = reason;
}

function codeName(code: Code): CodeName {
  const name = code === Code.Canceled ? "CANCELLED" : String(Code[code]).replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  return Object.hasOwn(withoutErrorInfo, name) ? (name as CodeName) : "UNKNOWN";
}
