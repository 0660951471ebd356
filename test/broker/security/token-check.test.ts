import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'

import { tokenCheck } from '../../../broker/security/sasl/token-check.ts'

const rules = {
  jwksUrl: undefined,
  refreshMs: 60_000,
  audience: [],
  issuer: undefined,
  clockSkewSeconds: 30,
  subjectClaim: 'sub',
  scopeClaim: 'scope',
}
const now = () => Math.floor(Date.now() / 1000)
const unsigned = (claims: object): string =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`

/** A key with a server that tells everybody its public half. */
async function issuer() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys: JWK[] = [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }]
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const sign = (claims: Record<string, unknown>, key = privateKey) =>
    new SignJWT({ exp: now() + 60, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(key)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, sign, asked: () => asked }
}

describe('tokens', () => {
  it('are checked against keys that are fetched once', async () => {
    const { url, sign, asked } = await issuer()
    const check = tokenCheck({ ...rules, jwksUrl: url })
    for (const sub of ['alice', 'bob']) expect((await check(await sign({ sub }))).name).toBe(sub)
    expect(asked()).toBe(1)
    const { privateKey } = await generateKeyPair('ES256')
    await expect(check(await sign({ sub: 'alice' }, privateKey))).rejects.toThrow(/signature/)
    await expect(check(unsigned({ sub: 'alice', exp: now() + 60 }))).rejects.toThrow()
  })

  it('must have the claims that are asked for', async () => {
    const { url, sign } = await issuer()
    const check = tokenCheck({
      ...rules,
      jwksUrl: url,
      audience: ['kafka', 'mill'],
      issuer: 'us',
      subjectClaim: 'client_id',
      scopeClaim: 'scp',
    })
    const right = { client_id: 'alice', aud: ['other', 'mill'], iss: 'us', scp: ['read'] }
    expect((await check(await sign(right))).name).toBe('alice')
    const changes = [
      { aud: 'other' },
      { aud: undefined },
      { iss: 'them' },
      { client_id: undefined },
      { client_id: 7 },
      { client_id: '' },
      { exp: undefined },
      { exp: now() - 31 },
      { nbf: now() + 60 },
      { scp: [7] },
    ]
    for (const wrong of changes) {
      await expect(check(await sign({ ...right, ...wrong })), JSON.stringify(wrong)).rejects.toThrow()
    }
    expect((await check(await sign({ ...right, exp: now() - 10 }))).expiresAtMs).toBeLessThan(Date.now())
  })

  it('that nobody has signed are taken where there are no keys, if they have not run out', async () => {
    const check = tokenCheck(rules)
    const exp = now() + 60
    expect(await check(unsigned({ sub: 'dev', exp }))).toEqual({ name: 'dev', expiresAtMs: exp * 1000 })
    await expect(check(unsigned({ sub: 'dev', exp: now() - 60 }))).rejects.toThrow()
    await expect(check(unsigned({ sub: 'dev' }))).rejects.toThrow()
    const { sign } = await issuer()
    await expect(check(await sign({ sub: 'dev' }))).rejects.toThrow()
  })

  it('keys come from https:, http: and file: and nowhere else', () => {
    expect(() => tokenCheck({ ...rules, jwksUrl: 'ftp://keys' })).toThrow(/not from ftp:/)
    expect(() => tokenCheck({ ...rules, jwksUrl: 'file:///nowhere' })).toThrow(/nowhere/)
    expect(() => tokenCheck({ ...rules, jwksUrl: 'keys.json' })).toThrow(/URL/)
  })
})
