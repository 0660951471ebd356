import { readFile } from 'node:fs/promises'

/** What a JAAS text says about tokens, with the endpoint that hands them out. */
export interface TokenOptions {
  /** `file:` of a token, or the endpoint of an issuer (RFC 6749, client credentials). */
  readonly endpoint: string | undefined
  readonly login: Readonly<Record<string, string>>
}

const timeoutMs = 10_000

/**
 * Where OAUTHBEARER gets its tokens: a file, an issuer, or, in development, made here and signed by nobody
 * (`unsecuredLoginStringClaim_sub`). Throws a RangeError when nothing says whence.
 */
export function tokenSource({ endpoint, login }: TokenOptions): () => Promise<string> {
  if (endpoint !== undefined) {
    const url = new URL(endpoint)
    if (url.protocol === 'file:') return async () => (await readFile(url, 'utf8')).trim()
    return () => fromIssuer(url, login)
  }
  const subject = login['unsecuredLoginStringClaim_sub']
  if (subject === undefined) throw new RangeError('set sasl.oauthbearer.token.endpoint.url')
  const seconds = Number(login['unsecuredLoginLifetimeSeconds'] ?? 3600)
  return async () => unsecuredToken(subject, seconds)
}

async function fromIssuer(url: URL, login: Readonly<Record<string, string>>): Promise<string> {
  const { clientId = '', clientSecret = '', scope } = login
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!response.ok) throw new RangeError(`${url.origin} gave no token: ${response.status} ${response.statusText}`)
  const { access_token: token } = (await response.json()) as { access_token?: unknown }
  if (typeof token !== 'string') throw new RangeError(`the answer of ${url.origin} holds no access_token`)
  return token
}

function unsecuredToken(sub: string, seconds: number): string {
  const iat = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub, iat, exp: iat + seconds })}.`
}
