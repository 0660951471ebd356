/** An address of TCP. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Reads `host:port` or `[host]:port`; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim())
  if (match === null || Number(match[3]) > 65535) return undefined
  return { host: (match[1] ?? match[2])!, port: Number(match[3]) }
}
