import type { Address } from '#core/client/connection/dial.ts'
import { clientErrors } from '#core/client/errors.ts'

/** Reads `host:port[,host:port…]`, or a list of them; IPv6 addresses stand in brackets. Throws BOOTSTRAP_INVALID. */
export function parseBootstrap(servers: string | readonly string[]): Address[] {
  const list = (typeof servers === 'string' ? servers.split(',') : servers).map((each) => each.trim())
  const addresses = list.filter((each) => each !== '').map(parseServer)
  if (addresses.length === 0) throw clientErrors.BOOTSTRAP_INVALID({ server: list.join(',') })
  return addresses
}

function parseServer(server: string): Address {
  const match = /^(?:\w+:\/\/)?(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(server)
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > 65535) throw clientErrors.BOOTSTRAP_INVALID({ server })
  return { host: match[1] ?? match[2]!, port }
}
