import { expect, it } from 'vitest'

import { parseProperties } from '#core/config/properties.ts'

it('reads properties as Java does', () => {
  const text = [
    '# comment',
    '! another',
    'a=1',
    '  b : two words ',
    'c three',
    'd=x\\',
    '   y',
    'path=C\\:\\\\logs',
    'u=\\u00e9',
    'empty=',
    'k\\=ey=v',
    'a=2',
  ].join('\r\n')
  expect(parseProperties(text)).toEqual({
    a: '2',
    b: 'two words ',
    c: 'three',
    d: 'xy',
    path: 'C:\\logs',
    u: 'é',
    empty: '',
    'k=ey': 'v',
  })
})
