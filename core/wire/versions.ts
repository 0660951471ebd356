/** A version range as Kafka writes it: '3+', '0-12', '7' or 'none'. */
export type Versions = `${number}+` | `${number}-${number}` | `${number}` | 'none'

/** An inclusive range; an empty one has low above high, an open one Infinity as high. */
export interface VersionRange {
  readonly low: number
  readonly high: number
}

const known = new Map<string, VersionRange>()

/** The range that the text means. Throws a RangeError on any other text. */
export function versionRange(text: Versions): VersionRange {
  let range = known.get(text)
  if (range === undefined) {
    range = parse(text)
    known.set(text, range)
  }
  return range
}

function parse(text: string): VersionRange {
  if (text === 'none') return { low: 1, high: 0 }
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`"${text}" is not a version range`)
  const low = Number(match[1])
  return { low, high: match[2] === '+' ? Infinity : Number(match[3] ?? low) }
}

export function isWithin(range: VersionRange, version: number): boolean {
  return version >= range.low && version <= range.high
}
