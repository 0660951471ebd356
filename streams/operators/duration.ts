import { streamsErrors } from '../errors.ts'

/** Milliseconds, or a number with a unit: `'500ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration in whole milliseconds. Throws OPTION_INVALID naming `what` if it is none. */
export function durationMs(duration: Duration, what: string): number {
  const match = typeof duration === 'number' ? null : /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
  const ms = typeof duration === 'number' ? duration : match ? Number(match[1]) * unitMs[match[2]!]! : Number.NaN
  if (!Number.isSafeInteger(ms)) {
    throw streamsErrors.OPTION_INVALID({
      what,
      problem: `"${duration}" is not a duration; write whole milliseconds, or a number with ms, s, m, h or d`,
    })
  }
  return ms
}
