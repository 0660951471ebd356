import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'

import { readKeyStore } from '#core/security/key-store.ts'
import { projectRoot } from '../../support/sources.ts'

const golden = (name: string): Buffer => readFileSync(join(projectRoot, 'test', 'golden', 'security', name))
const store = { store: 'golden1', key: undefined }
const key = createPrivateKey(golden('key.pem').toString()).export({ format: 'jwk' })
const certificate = new X509Certificate(golden('own.pem')).fingerprint256
const fingerprints = (pems: readonly string[]) => pems.map((pem) => new X509Certificate(pem).fingerprint256)

describe('key stores', () => {
  it.each([
    ['own.p12', store],
    ['openssl.p12', store],
    ['triple-des.p12', store],
    ['own.jks', { store: 'golden1', key: 'golden2' }],
    ['encrypted.pem', { store: undefined, key: 'golden2' }],
  ])('%s: the key and its certificate', (name, passwords) => {
    const read = readKeyStore(golden(name), passwords)
    expect(read.keys.map((pem) => createPrivateKey(pem).export({ format: 'jwk' }))).toEqual([key])
    expect(fingerprints(read.certificates)).toEqual([certificate])
  })

  it.each(['trust.p12', 'trust.jks', 'own.pem'])('%s: a certificate without a key', (name) => {
    const read = readKeyStore(golden(name), store)
    expect(read.keys).toEqual([])
    expect(fingerprints(read.certificates)).toEqual([certificate])
  })

  it.each([
    ['own.p12', { store: 'wrong', key: undefined }],
    ['trust.p12', { store: 'wrong', key: undefined }],
    ['triple-des.p12', { store: 'wrong', key: undefined }],
    ['own.jks', { store: 'wrong', key: 'golden2' }],
    ['own.jks', { store: 'golden1', key: 'wrong' }],
    ['encrypted.pem', { store: undefined, key: 'wrong' }],
  ])('%s: says that the password does not fit', (name, passwords) => {
    expect(() => readKeyStore(golden(name), passwords)).toThrow(/password.* does not fit/)
  })

  it('says when a store needs a password, is out of date, or is none', () => {
    expect(() => readKeyStore(golden('own.p12'), { store: undefined, key: undefined })).toThrow(/needs a password/)
    expect(() => readKeyStore(golden('rc2.p12'), store)).toThrow(/out of date/)
    expect(() => readKeyStore(Buffer.from('nothing of the kind'), store)).toThrow(/neither PEM nor PKCS#12 nor JKS/)
  })

  it('refuses files that are cut off or damaged, whatever byte it is', () => {
    for (const name of ['own.p12', 'triple-des.p12', 'own.jks']) {
      const whole = golden(name)
      for (const length of [9, 30, 100, whole.length - 25]) {
        expect(() => readKeyStore(whole.subarray(0, length), { store: 'golden1', key: 'golden2' })).toThrow(RangeError)
      }
      const damaged = Buffer.from(whole)
      damaged[Math.floor(whole.length / 2)]! ^= 1
      expect(() => readKeyStore(damaged, { store: 'golden1', key: 'golden2' })).toThrow(RangeError)
    }
  })
})
