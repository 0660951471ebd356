import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { filesBelow, projectRoot } from '../support/sources.ts'

const read = (file: string): string => readFileSync(join(projectRoot, file), 'utf8')
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...filesBelow(['core', 'broker', 'streams', 'connectors', 'examples'], '.md'),
]

describe('documents', () => {
  it('snippets stand in the examples, letter for letter', () => {
    const snippets = documents.flatMap((file) => [
      ...read(file).matchAll(/<!-- from (\S+) -->\n```\w*\n([\s\S]*?)```/g),
    ])
    expect(snippets.length).toBeGreaterThanOrEqual(5)
    for (const [, file, snippet] of snippets) expect(read(file!), file).toContain(snippet)
  })

  it('links lead somewhere', () => {
    const dead = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g)]
        .map((match) => match[1]!)
        .filter((link) => !existsSync(join(projectRoot, dirname(file), link)))
        .map((link) => `${file}: ${link}`),
    )
    expect(dead).toEqual([])
  })

  it('file maps name files that exist', () => {
    // A file map is a table whose first column holds one `path` each, relative to the document.
    const wrong = documents.flatMap((file) =>
      [...read(file).matchAll(/^\| `([\w./-]+\.ts)` \|/gm)]
        .map((match) => match[1]!)
        .filter((path) => !existsSync(join(projectRoot, dirname(file), path)))
        .map((path) => `${file}: ${path}`),
    )
    expect(wrong).toEqual([])
  })
})
