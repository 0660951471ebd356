import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { filesBelow, projectRoot } from '../support/sources.ts'

const sources = filesBelow(['core', 'broker', 'streams', 'connectors'])
const linesOf = (file: string): string[] => readFileSync(join(projectRoot, file), 'utf8').split('\n')

/** Tables of fields and codes may be long: they are read by looking a line up. */
const tables = /^core\/wire\/(api|stored|errors)|\/config\.ts$/

describe('names and sizes', () => {
  it('files are called after nouns in kebab case', () => {
    expect(sources.filter((file) => !/^[a-z0-9/-]+\.ts$/.test(file))).toEqual([])
  })

  it('no file is called by a word that says nothing', () => {
    expect(sources.filter((file) => /(manager|helper|util|common|misc|impl)s?(-|\.ts$)/.test(file))).toEqual([])
  })

  it('no source file grows past 400 lines', () => {
    const long = sources
      .filter((file) => !tables.test(file))
      .map((file) => ({ file, lines: linesOf(file).length }))
      .filter(({ lines }) => lines > 401)
    expect(long).toEqual([])
  })

  it('errors are not waved through', () => {
    const faults = sources.flatMap((file) =>
      linesOf(file).flatMap((line, index) =>
        /@ts-(ignore|expect-error|nocheck)|eslint-disable|catch\s*(\(\w+\))?\s*\{\s*\}/.test(line)
          ? [`${file}:${index + 1}`]
          : [],
      ),
    )
    expect(faults).toEqual([])
  })
})
