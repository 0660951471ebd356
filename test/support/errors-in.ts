import { errorName } from '#core/wire/errors.ts'

/** Names of all error codes anywhere in an answer, each once, in alphabetical order. */
export function errorsIn(value: unknown): string[] {
  const found = new Set<string>()
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null || Buffer.isBuffer(each)) return
    for (const [name, inner] of Object.entries(each)) {
      if (/^(error|partitionError)Code$/.test(name) && inner !== 0) found.add(errorName(inner as number))
      else visit(inner)
    }
  }
  visit(value)
  return [...found].sort()
}
