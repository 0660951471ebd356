/** Turns the distinguished name of a client's certificate into a user name; undefined when no rule fits. */
export type PrincipalMapping = (distinguishedName: string) => string | undefined

const grammar = /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y

/**
 * Reads `ssl.principal.mapping.rules`: DEFAULT, which takes the name as it is, and RULE:pattern/replacement/ with L or U for
 * lower or upper case. The first rule whose pattern fits the whole name counts. Throws a RangeError.
 */
export function principalMapping(rules: string): PrincipalMapping {
  const mappings: PrincipalMapping[] = []
  grammar.lastIndex = 0
  for (let at = 0; at < rules.trimEnd().length; at = grammar.lastIndex) {
    const match = grammar.exec(rules)
    if (match === null) {
      throw new RangeError(`expected DEFAULT or RULE:pattern/replacement/[LU], got "${rules.slice(at).trim()}"`)
    }
    const [, standard, pattern, replacement, letters] = match
    mappings.push(standard === undefined ? mapping(pattern!, replacement!, letters!) : (name) => name)
  }
  if (mappings.length === 0) return (name) => name
  return (name) => {
    for (const each of mappings) {
      const mapped = each(name)
      if (mapped !== undefined) return mapped
    }
    return undefined
  }
}

function mapping(pattern: string, replacement: string, letters: string): PrincipalMapping {
  const whole = new RegExp(`^(?:${pattern})$`, 'u')
  const every = new RegExp(pattern, 'gu')
  return (name) => {
    if (!whole.test(name)) return undefined
    const mapped = name.replace(every, replacement.replace(/\\(.)/g, '$1')).trim()
    return letters === 'L' ? mapped.toLowerCase() : letters === 'U' ? mapped.toUpperCase() : mapped
  }
}
