import { connect as connectSocket, isIP } from "node:net";
import type { SecureClientSessionOptions } from "node:http2";

/** Where a gateway is, as Connect takes it. */
export interface Place {
  baseUrl: string;
  nodeOptions: SecureClientSessionOptions;
  secure: boolean;
  /** Whether it is on this machine. */
  local: boolean;
}

/** Options of TLS, as Node's tls.connect takes them: `ca`, and for mTLS `cert` and `key`, all in PEM. */
export type TlsOptions = Pick<SecureClientSessionOptions, "ca" | "cert" | "key" | "passphrase" | "pfx" | "servername" | "minVersion">;

/** Reads a target: host:port, dns:///host:port, http://host:port, https://host:port, unix:///path. The error says what is wrong. */
export function placeOf(target: string, tls: TlsOptions | boolean | undefined): Place {
  const unix = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(target);
  if (unix?.[1] !== undefined) {
    const path = unix[1];
    return { baseUrl: "http://localhost", nodeOptions: { createConnection: () => connectSocket(path) }, secure: false, local: true };
  }
  const given = /^(https?):\/\//.exec(target)?.[1];
  const address = target.replace(/^dns:(\/\/\/)?|^https?:\/\//, "");
  if (given === "http" && tls) throw new TypeError("the target says http, the option tls that it is secured");
  const secure = given === "https" || Boolean(tls);
  let url: URL | undefined;
  try {
    url = new URL(`${secure ? "https" : "http"}://${address}`);
  } catch {
    // said below
  }
  if (!url || url.pathname !== "/" || url.search || url.hash || url.username || url.password || !/:\d+$/.test(address.replace(/\/$/, ""))) {
    throw new TypeError("a target is host:port, http://host:port, https://host:port or unix:///path");
  }
  return { baseUrl: url.origin, nodeOptions: typeof tls === "object" ? { ...tls } : {}, secure, local: isLoopback(url.hostname) };
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  switch (isIP(host)) {
    case 4:
      return host.startsWith("127.");
    case 6:
      return host === "::1" || /^::ffff:7f[0-9a-f]{2}:/.test(host);
  }
  return host === "localhost";
}
