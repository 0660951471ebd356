import { parseArgs } from 'node:util'

/** The command line's `--NAME VALUE` for the names of `defaults`. Anything else ends the program before it does a thing. */
export function options<Name extends string>(defaults: Readonly<Record<Name, string>>): Record<Name, string> {
  const names = Object.keys(defaults)
  const known = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  try {
    return { ...defaults, ...parseArgs({ options: known, strict: true }).values }
  } catch (error) {
    console.error(`${(error as Error).message}\nOptions: ${names.map((name) => `--${name} VALUE`).join(', ')}`)
    process.exit(64)
  }
}
