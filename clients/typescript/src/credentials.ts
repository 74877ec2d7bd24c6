import { readFile } from "node:fs/promises";

/** Gives the value of the metadata `authorization`; asked before each attempt. */
export type Authorization = () => Promise<string>;

/** Who calls the gateway: made by {@link gatewayKey}, {@link token} or {@link tokenFile}. Shows nothing of the secret. */
export class Credentials {
  readonly #scheme: string;
  readonly #read: () => string | Promise<string>;

  /** @internal */
  constructor(scheme: string, read: () => string | Promise<string>) {
    this.#scheme = scheme;
    this.#read = read;
  }

  /** @internal */
  async authorization(): Promise<string> {
    const secret = await this.#read();
    if (typeof secret !== "string" || !/^[!-~]+$/.test(secret)) {
      throw new TypeError("the key or token is empty, or has a character that cannot stand in metadata");
    }
    return `${this.#scheme} ${secret}`;
  }
}

/** Identifies the caller by a key that the gateway knows, pgw_... */
export function gatewayKey(key: string): Credentials {
  return new Credentials("PortOne", () => key);
}

/** Identifies the caller by a JWT, which is asked for before each attempt: keep it for as long as it is valid. */
export function token(read: () => string | Promise<string>): Credentials {
  return new Credentials("Bearer", read);
}

/** Identifies the caller by a JWT in a file that somebody renews, such as a service account's in Kubernetes. */
export function tokenFile(path: string | URL): Credentials {
  return token(async () => (await readFile(path, "utf8")).trim());
}
