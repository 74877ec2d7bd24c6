import { randomBytes } from "node:crypto";
import { callMetadata, keys } from "./gen/rules.js";

const allowed = new RegExp(keys.pattern);

/**
 * Makes an idempotency key: 26 letters and digits of base 32, of the system's random source. Keep it
 * before the call that it is for, where the call has to be asked again after a restart of the program;
 * PortOne remembers keys for three hours.
 */
export function newIdempotencyKey(): string {
  let key = "";
  for (const byte of randomBytes(keys.newLength)) key += keys.newAlphabet[byte % keys.newAlphabet.length];
  return key;
}

/** The key that headers carry, without the quotes that it may stand in; undefined if there is none. */
export function keyOf(header: Headers): string | undefined {
  const value = header.get(callMetadata.idempotencyKey);
  if (value === null) return undefined;
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** What is wrong with a key; undefined if it is allowed. The text does not contain it. */
export function problemOfKey(key: string): string | undefined {
  if (allowed.test(key)) return undefined;
  return `${callMetadata.idempotencyKey} must have ${keys.minLength} to ${keys.maxLength} printable ASCII characters, no quotes or backslashes among them, and no space at the ends`;
}
