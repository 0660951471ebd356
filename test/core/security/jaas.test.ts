import { describe, expect, it } from 'vitest'

import { parseJaas } from '#core/security/jaas.ts'

describe('JAAS', () => {
  it('reads the login module and its options', () => {
    const text = `org.apache.kafka.common.security.plain.PlainLoginModule required
      username="a b" password="x\\"y;z=" user_alice=plain;`
    expect(parseJaas(text)).toEqual({
      module: 'PlainLoginModule',
      options: { username: 'a b', password: 'x"y;z=', user_alice: 'plain' },
    })
    expect(parseJaas('Module required;')).toEqual({ module: 'Module', options: {} })
  })

  it('says what is wrong and never a value', () => {
    for (const text of [
      '',
      'Module',
      'Module a="secret";',
      'Module required a="secret"',
      'Module required a "secret";',
    ]) {
      expect(() => parseJaas(text), text).toThrow(RangeError)
      expect(() => parseJaas(text), text).not.toThrow(/secret/)
    }
  })
})
