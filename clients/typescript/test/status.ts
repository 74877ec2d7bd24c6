import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Reads a google.rpc.Status, which Connect has to itself. */
export function statusOf(bytes: Uint8Array): { details: { type: string; value: Uint8Array }[] } {
  const details: { type: string; value: Uint8Array }[] = [];
  for (const [field, value] of fields(bytes)) {
    if (field !== 3) continue;
    const any = new Map(fields(value));
    const url = Buffer.from(any.get(1) ?? []).toString();
    details.push({ type: url.slice(url.lastIndexOf("/") + 1), value: any.get(2) ?? new Uint8Array() });
  }
  return { details };
}

/** The fields of a message that are bytes. */
function fields(bytes: Uint8Array): [number, Uint8Array][] {
  const reader = new BinaryReader(bytes);
  const found: [number, Uint8Array][] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === 2) found.push([field, reader.bytes()]);
    else reader.skip(type, field);
  }
  return found;
}
