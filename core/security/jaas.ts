/** One login module of a JAAS configuration: the short name of its class and its options. */
export interface JaasEntry {
  readonly module: string
  readonly options: Readonly<Record<string, string>>
}

/**
 * Reads what Kafka takes in `sasl.jaas.config`: a class, a flag such as `required`, options as name=value with or without
 * quotes, and a semicolon. Throws a RangeError that says what is wrong, never with a value in it.
 */
export function parseJaas(text: string): JaasEntry {
  const words = [...text.matchAll(/"((?:\\.|[^"\\])*)"|([=;])|([^\s"=;]+)/gsu)].map((match) => ({
    text: match[1]?.replace(/\\(.)/gsu, '$1') ?? match[2] ?? match[3]!,
    sign: match[2] !== undefined,
  }))
  let at = 0
  const word = (what: string): string => {
    const next = words[at++]
    if (next === undefined || next.sign) throw new RangeError(`${what} is missing`)
    return next.text
  }
  const sign = (what: string): void => {
    const next = words[at++]
    if (!next?.sign || next.text !== what) throw new RangeError(`"${what}" is missing`)
  }
  const module = word('the class of the login module')
  const flag = word('the flag (required)').toLowerCase()
  if (!['required', 'requisite', 'sufficient', 'optional'].includes(flag)) {
    throw new RangeError('the class of the login module must be followed by a flag such as required')
  }
  const options: Record<string, string> = {}
  while (at < words.length && !(words[at]!.sign && words[at]!.text === ';')) {
    const name = word('the name of an option')
    sign('=')
    options[name] = word(`the value of option ${name}`)
  }
  sign(';')
  if (at < words.length) throw new RangeError('only one login module can be named')
  return { module: module.slice(module.lastIndexOf('.') + 1), options }
}
