import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { subjectOf } from '../../../broker/security/tls/distinguished-name.ts'
import { principalMapping } from '../../../broker/security/tls/principal-mapping.ts'
import { makeAuthority } from '../../support/certificates.ts'
import { projectRoot } from '../../support/sources.ts'

describe('subjects of certificates', () => {
  it('are printed as Java prints them, the last part first', () => {
    const golden = (name: string) => readFileSync(join(projectRoot, 'test', 'golden', 'security', name))
    const { raw } = new X509Certificate(golden('odd-subject.pem'))
    expect(subjectOf(raw)).toBe(golden('odd-subject.txt').toString().trimEnd())
    for (const length of [0, 1, 40, 100]) expect(() => subjectOf(raw.subarray(0, length))).toThrow(RangeError)
  })

  it('are read from certificates of every maker', async () => {
    const authority = await makeAuthority('root')
    const issued = await authority.issue({ countryName: 'DE', organizationName: 'Mill', commonName: 'Älice' })
    expect(subjectOf(new X509Certificate(issued.certificate).raw)).toBe('CN=Älice,O=Mill,C=DE')
    expect(subjectOf(new X509Certificate(authority.certificate).raw)).toBe('CN=root')
  })
})

describe('principal mapping', () => {
  const name = 'CN=Alice,OU=Dev,O=Mill'

  it('takes the name as it is by DEFAULT', () => {
    expect(principalMapping('DEFAULT')(name)).toBe(name)
  })

  it('takes the first rule that fits the whole name', () => {
    const rules = 'RULE:^CN=([^,]+),OU=Ops.*$/ops-$1/, RULE:^CN=([^,]+),OU=([^,]+).*$/$1@$2/L, DEFAULT'
    expect(principalMapping(rules)(name)).toBe('alice@dev')
    expect(principalMapping(rules)('CN=Bob,OU=Ops,O=Mill')).toBe('ops-Bob')
    expect(principalMapping(rules)('O=Mill')).toBe('O=Mill')
    expect(principalMapping('RULE:CN=Alice/$0/U')(name)).toBeUndefined()
    expect(principalMapping('RULE:^.*CN=(.*?),.*$/$1/U')(name)).toBe('ALICE')
  })

  it('refuses what is no rule', () => {
    for (const rules of ['nonsense', 'RULE:abc', 'RULE:a/b', 'DEFAULT RULE:a/b/']) {
      expect(() => principalMapping(rules), rules).toThrow(RangeError)
    }
  })
})
