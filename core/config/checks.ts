/** A check of a setting's number: undefined when it is at least `low`, else what is wrong with it. */
export const atLeast =
  (low: number) =>
  (value: number): string | undefined =>
    value < low ? `must be at least ${low}, got ${value}` : undefined

/** The same from `low` to `high`. */
export const between =
  (low: number, high: number) =>
  (value: number): string | undefined =>
    value < low || value > high ? `must be from ${low} to ${high}, got ${value}` : undefined
