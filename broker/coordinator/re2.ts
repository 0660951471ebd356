import { createRequire } from 'node:module'

import type { RE2JS } from 're2js'

let loaded: typeof RE2JS | undefined

/** A pattern in RE2/J's syntax, which Kafka takes where others take Java's; matching takes linear time. Throws for others. */
export function compileRe2(pattern: string): RE2JS {
  // Loaded with the first pattern: most brokers never see one.
  loaded ??= (createRequire(import.meta.url)('re2js') as { readonly RE2JS: typeof RE2JS }).RE2JS
  return loaded.compile(pattern)
}
