import { describe, expect, it } from 'vitest'

import {
  clientProof,
  fromSaslName,
  saltedPassword,
  saslName,
  scramCredential,
  scramMechanisms,
  serverSignature,
  storedKeyOf,
} from '#core/security/scram.ts'

describe('SCRAM', () => {
  it('gives the proof and the signature of the example in RFC 7677', () => {
    const mechanism = scramMechanisms['SCRAM-SHA-256']
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    const salted = saltedPassword(mechanism, 'pencil', salt, 4096)
    const credential = scramCredential(mechanism, salted, salt, 4096)
    const authMessage =
      'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,' +
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    const proof = clientProof(mechanism, salted, authMessage)
    expect(proof.toString('base64')).toBe('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=')
    const signature = serverSignature(mechanism, credential.serverKey, authMessage)
    expect(signature.toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
    expect(storedKeyOf(mechanism, credential.storedKey, proof, authMessage)).toEqual(credential.storedKey)
    proof[0]! ^= 1
    expect(storedKeyOf(mechanism, credential.storedKey, proof, authMessage)).not.toEqual(credential.storedKey)
  })

  it('escapes names', () => {
    for (const name of ['alice', 'a,b', 'a=b', '=2C', ',=,=']) expect(fromSaslName(saslName(name))).toBe(name)
    expect(saslName('a,b=c')).toBe('a=2Cb=3Dc')
    expect(() => fromSaslName('a=b')).toThrow(RangeError)
  })
})
