/**
 * An amount as messages have it, in the currency's minor unit (KRW has none smaller: 25000; USD: cents). Throws a
 * RangeError for what is no safe integer, such as 10.5 or what a float has rounded.
 */
export function minorUnits(amount: number | bigint): bigint {
  if (typeof amount === "bigint") return amount;
  if (!Number.isSafeInteger(amount)) throw new RangeError("an amount is a safe integer in the currency's minor unit");
  return BigInt(amount);
}

/** An amount as a number. Throws a RangeError if a number cannot hold it exactly. Undefined stays undefined. */
export function asNumber(amount: bigint): number;
export function asNumber(amount: bigint | undefined): number | undefined;
export function asNumber(amount: bigint | undefined): number | undefined {
  if (amount === undefined) return undefined;
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) throw new RangeError("the amount is larger than a number can hold exactly");
  return number;
}
