import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { systemFiles } from '#core/ports/system-files.ts'

const real = mkdtempSync(join(tmpdir(), 'millrace-files-'))
afterAll(() => rmSync(real, { recursive: true }))

// One contract, both implementations.
describe.each([
  ['system', systemFiles, real],
  ['memory', memoryFiles(), '/data'],
] as [string, Files, string][])('%s files', (name, files, root) => {
  const at = (path: string): string => join(root, name, path)

  it('write at positions, read back, truncate and grow with zeros', async () => {
    files.makeDirectory(at('log'))
    const file = files.open(at('log/a'), { create: true })
    file.write([Buffer.from('hello '), Buffer.from('world')], 0)
    file.write([Buffer.from('W')], 6)
    const target = Buffer.alloc(20)
    expect(file.read(target, 0, 20, 0)).toBe(11)
    expect(target.toString('latin1', 0, 11)).toBe('hello World')
    expect(await file.readAsync(target, 0, 5, 6)).toBe(5)
    expect(target.toString('latin1', 0, 5)).toBe('World')
    file.truncate(5)
    expect(file.size()).toBe(5)
    file.truncate(8)
    expect(files.readWhole(at('log/a'))).toEqual(Buffer.from('hello\0\0\0'))
    await file.sync()
    file.close()
  })

  it('says ENOENT for what is not there', () => {
    expect(() => files.open(at('none'))).toThrow(/ENOENT/)
    expect(() => files.readWhole(at('none'))).toThrow(/ENOENT/)
    expect(() => files.list(at('nowhere'))).toThrow(/ENOENT/)
    expect(files.exists(at('none'))).toBe(false)
  })

  it('rename moves directories with what is in them', () => {
    files.makeDirectory(at('x/inner'))
    files.replace(at('x/inner/f'), Buffer.from('1'))
    files.rename(at('x'), at('y'))
    expect(files.list(at('y'))).toEqual(['inner'])
    expect(files.readWhole(at('y/inner/f')).toString()).toBe('1')
    expect(files.exists(at('x'))).toBe(false)
    expect(files.stat(at('y')).directory).toBe(true)
    files.removeTree(at('y'))
    expect(files.exists(at('y/inner'))).toBe(false)
  })

  it('an open file follows its rename, and replace makes a new one', () => {
    files.makeDirectory(at('r'))
    const file = files.open(at('r/a'), { create: true })
    file.write([Buffer.from('one')], 0)
    files.rename(at('r/a'), at('r/b'))
    file.write([Buffer.from('!')], 3)
    expect(files.readWhole(at('r/b')).toString()).toBe('one!')
    const before = files.stat(at('r/b')).inode
    files.replace(at('r/b'), Buffer.from('two'))
    expect(files.stat(at('r/b')).inode).not.toBe(before)
    expect(files.readWhole(at('r/b')).toString()).toBe('two')
    file.close()
  })
})
