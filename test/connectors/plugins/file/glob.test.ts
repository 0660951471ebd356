import { describe, expect, it } from 'vitest'

import { memoryFiles } from '../../../../core/ports/memory-files.ts'
import { expandGlob, isPattern } from '../../../../connectors/plugins/file/glob.ts'
import { isRotatedName } from '../../../../connectors/plugins/file/rotated-name.ts'

const files = memoryFiles()
for (const path of [
  '/logs/a.log',
  '/logs/b.log',
  '/logs/b.txt',
  '/logs/.hidden.log',
  '/logs/x/c.log',
  '/logs/x/y/d.log',
  '/logs/[e].log',
]) {
  files.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  files.replace(path, Buffer.alloc(0))
}

describe('patterns', () => {
  it.each([
    ['/logs/*.log', ['/logs/[e].log', '/logs/a.log', '/logs/b.log']],
    ['/logs/?.{log,txt}', ['/logs/a.log', '/logs/b.log', '/logs/b.txt']],
    ['/logs/[a].log', ['/logs/a.log']],
    ['/logs/[!a].log', ['/logs/b.log']],
    ['/logs/.*.log', ['/logs/.hidden.log']],
    ['/logs/**/*.log', ['/logs/[e].log', '/logs/a.log', '/logs/b.log', '/logs/x/c.log', '/logs/x/y/d.log']],
    ['/logs/*/c.log', ['/logs/x/c.log']],
    ['/nowhere/*.log', []],
    ['/logs/a.log', ['/logs/a.log']],
  ])('%s', (pattern, expected) => {
    expect(expandGlob(files, pattern)).toEqual(expected)
  })

  it('are told from names', () => {
    expect(['a.log', 'a*.log', 'a?.log', '[a].log', '{a,b}.log'].map(isPattern)).toEqual([
      false,
      true,
      true,
      true,
      true,
    ])
  })
})

describe('rotated names', () => {
  it.each([
    'app.log.1',
    'app.log.12',
    'app.log-20240131',
    'app.log.2024-01-31T10:00',
    'app.1.log',
    'app-2024-01-31.log',
    'app_2.log',
  ])('%s is one of app.log', (name) => {
    expect(isRotatedName(`/logs/${name}`, '/logs/app.log')).toBe(true)
  })

  it.each(['app.log', 'app.log.gz', 'app.log.bak', 'app.txt', 'application.log', 'app.logs.1', '../app.log.1'])(
    '%s is none',
    (name) => {
      expect(isRotatedName(`/logs/${name}`, '/logs/app.log')).toBe(false)
    },
  )
})
