import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'

import type { Identity } from './mechanism.ts'
import type { CheckToken } from './oauthbearer.ts'

/** What tokens have to be like. */
export interface TokenRules {
  /** Where the keys are: http(s): or file:. Without it only unsecured tokens can be. */
  readonly jwksUrl: string | undefined
  /** How long fetched keys are kept, ms. */
  readonly refreshMs: number
  /** Audiences of which one must be in the token; none: not looked at. */
  readonly audience: readonly string[]
  readonly issuer: string | undefined
  readonly clockSkewSeconds: number
  readonly subjectClaim: string
  readonly scopeClaim: string
}

/** Algorithms by which a token may be signed: those with a public key. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** Checks signed tokens against a set of keys, and without one unsecured tokens. Throws for a file or URL that is none. */
export function tokenCheck(rules: TokenRules): CheckToken {
  const options: JWTVerifyOptions = {
    clockTolerance: rules.clockSkewSeconds,
    requiredClaims: ['exp', rules.subjectClaim],
    ...(rules.audience.length > 0 && { audience: [...rules.audience] }),
    ...(rules.issuer !== undefined && { issuer: rules.issuer }),
  }
  if (rules.jwksUrl === undefined) {
    return async (token) => identityOf((await jose()).UnsecuredJWT.decode(token, options).payload, rules)
  }
  const source = keySource(rules.jwksUrl)
  let keys: JWTVerifyGetKey | undefined
  return async (token) => {
    const { jwtVerify, createLocalJWKSet, createRemoteJWKSet } = await jose()
    keys ??=
      source instanceof URL ? createRemoteJWKSet(source, { cacheMaxAge: rules.refreshMs }) : createLocalJWKSet(source)
    return identityOf((await jwtVerify(token, keys, { ...options, algorithms })).payload, rules)
  }
}

/** Loaded with the first token: brokers without OAUTHBEARER do not pay for it. */
const jose = (): Promise<typeof import('jose')> => import('jose')

/** The address of the keys, or the keys themselves when they are in a file. */
function keySource(text: string): URL | JSONWebKeySet {
  const url = new URL(text)
  if (url.protocol === 'https:' || url.protocol === 'http:') return url
  if (url.protocol !== 'file:') {
    throw new RangeError(`keys can be read from https:, http: and file:, not from ${url.protocol}`)
  }
  const keys = JSON.parse(readFileSync(fileURLToPath(url), 'utf8')) as Partial<JSONWebKeySet>
  if (!Array.isArray(keys.keys)) throw new RangeError(`there is no list of keys in ${url.pathname}`)
  return keys as JSONWebKeySet
}

function identityOf(payload: JWTPayload, rules: TokenRules): Identity {
  const name = payload[rules.subjectClaim]
  if (typeof name !== 'string' || name === '') throw new RangeError(`claim "${rules.subjectClaim}" is no name`)
  const scope = payload[rules.scopeClaim]
  const scopes = Array.isArray(scope) ? scope : scope === undefined ? [] : [scope]
  if (!scopes.every((each) => typeof each === 'string' && each.trim() !== '')) {
    throw new RangeError(`claim "${rules.scopeClaim}" holds something else than texts`)
  }
  return { name, expiresAtMs: payload.exp! * 1000 }
}
