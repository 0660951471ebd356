import { isIPv6 } from 'node:net'

/**
 * An address as Java writes it, and so Kafka where it shows or compares hosts: IPv6 in eight groups without leading zeros and
 * without abbreviation, IPv4 also where it came mapped into IPv6. Anything else stays as it is.
 */
export function hostAddress(address: string): string {
  const [plain, scope] = address.split('%', 2) as [string, string?]
  if (!isIPv6(plain)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)
  if (mapped !== null) return mapped[1]!
  const [head, tail] = plain.split('::') as [string, string?]
  const groups = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'))
  const before = groups(head)
  const after = groups(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16))
  return `${all.join(':')}${scope === undefined ? '' : `%${scope}`}`
}
