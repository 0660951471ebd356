/** What a client says first by OAUTHBEARER (RFC 7628): a token, maybe as whom it acts, and extensions. */
export interface BearerMessage {
  readonly token: string
  readonly authorizationId: string
  readonly extensions: Readonly<Record<string, string>>
}

const separator = '\u0001'

/** Writes the first message of a client. */
export function encodeBearer({ token, authorizationId, extensions }: BearerMessage): Buffer {
  const pairs = Object.entries(extensions).map(([name, value]) => `${name}=${value}${separator}`)
  const whom = authorizationId === '' ? '' : `a=${authorizationId}`
  return Buffer.from(`n,${whom},${separator}auth=Bearer ${token}${separator}${pairs.join('')}${separator}`)
}

/** Reads it. Throws a RangeError that says what is wrong, never with the token in it. */
export function decodeBearer(message: Buffer): BearerMessage {
  const [header, ...pairs] = message.toString('utf8').split(separator)
  const match = /^n,(?:a=([^,]+))?,$/.exec(header!)
  if (match === null || pairs.length < 3 || pairs.at(-1) !== '' || pairs.at(-2) !== '') {
    throw new RangeError('Invalid OAUTHBEARER client first message')
  }
  const extensions: Record<string, string> = {}
  for (const pair of pairs.slice(0, -2)) {
    const at = pair.indexOf('=')
    if (at <= 0) throw new RangeError('Invalid OAUTHBEARER client first message')
    extensions[pair.slice(0, at)] = pair.slice(at + 1)
  }
  const { auth, ...rest } = extensions
  const bearer = /^bearer +([-_~+/.a-zA-Z0-9]+=*)$/i.exec(auth ?? '')
  if (bearer === null) throw new RangeError("Invalid OAUTHBEARER client first message: 'auth' must be a bearer token")
  return { token: bearer[1]!, authorizationId: match[1] ?? '', extensions: rest }
}
