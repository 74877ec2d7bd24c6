import { clone, create, isMessage, type DescMessage, type Message, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import type { List } from "./gen/lists.js";
import { pages } from "./gen/rules.js";

/** A list that cannot be read to its end: it is deeper than PortOne's pages reach, or its pages make no sense. */
export class ListError extends Error {
  static {
    this.prototype.name = "ListError";
  }
}

type Fields = Record<string, unknown>;

/**
 * Reads a list, one part when the one before is used up. The request is copied. An end of the range of time that is
 * not set is set to now, so that objects which come meanwhile do not shift the pages.
 */
export async function* paginate<I extends DescMessage>(
  input: I, list: List, request: MessageInitShape<I> | undefined, call: (request: MessageShape<I>) => Promise<Message>,
): AsyncGenerator<unknown, void, undefined> {
  const own = isMessage(request, input) ? clone(input, request as MessageShape<I>) : create(input, request);
  if (list.until !== undefined) {
    const until = fieldOf(input, own, list.until);
    until.holder[until.name] ??= timestampNow();
  }
  const size = fieldOf(input, own, list.size);
  const each = Number((size.holder[size.name] ??= pages.defaultSize));
  if (!(each >= 1)) throw new ListError(`a page has at least 1 object, not ${each}`);
  for (;;) {
    const part = (await call(own)) as unknown as Fields;
    const items = part[list.items] as unknown[];
    yield* items;
    const more = list.cursor === undefined ? nextPage(input, own, list, each, items.length, totalOf(part)) : nextCursor(own, list.cursor, items.at(-1));
    if (!more) return;
  }
}

/** The field at a path such as page.number, whose message is made if there is none. */
function fieldOf(desc: DescMessage, message: Message, path: string): { holder: Fields; name: string } {
  let holder = message as unknown as Fields;
  let type = desc;
  const names = path.split(".");
  for (const name of names.slice(0, -1)) {
    const field = type.field[name];
    if (field?.fieldKind !== "message") throw new ListError(`${type.typeName} has no message ${name}`);
    type = field.message;
    holder = (holder[name] ??= create(type)) as Fields;
  }
  return { holder, name: names.at(-1) ?? path };
}

/** Moves the request to the next page. Reports whether there may be one. */
function nextPage(input: DescMessage, own: Message, list: List, each: number, items: number, total: number): boolean {
  const { holder, name } = fieldOf(input, own, list.number ?? "");
  const number = Number(holder[name] ?? 0);
  const seen = number * each + items;
  if (items < each) {
    if (items > 0 && seen < total) {
      throw new ListError(`page ${number} of ${each} objects has ${items}, and ${total - seen} are said to follow: is the size too large?`);
    }
    return false;
  }
  if ((number + 2) * each <= pages.maxReach) {
    holder[name] = number + 1;
    return true;
  }
  if (total === seen) return false;
  const instead = list.cursorMethod === undefined ? "narrow the filter" : `narrow the filter, or list by ${list.cursorMethod}`;
  throw new ListError(`PortOne gives no more than ${pages.maxReach} objects by page, ${seen} have been read: ${instead}`);
}

/** Moves the request behind the last item. Reports whether there may be more. */
function nextCursor(own: Message, name: string, last: unknown): boolean {
  if (last === undefined) return false;
  const request = own as unknown as Fields;
  const cursor = (last as Fields)["cursor"];
  if (typeof cursor !== "string" || cursor === "") throw new ListError("the last object has no cursor");
  if (cursor === request[name]) throw new ListError("the cursor does not move: the list would have no end");
  request[name] = cursor;
  return true;
}

/** How many objects PortOne counts; 0 if it does not say so. */
function totalOf(part: Fields): number {
  return Number((part["page"] as Fields | undefined)?.["totalCount"] ?? 0);
}
