import { describe, expect, it } from 'vitest'

import { memoryFiles } from '../../../../core/ports/memory-files.ts'
import { FileOffsets } from '../../../../connectors/runtime/offsets/file-offsets.ts'
import { canonicalJson } from '../../../../connectors/runtime/offsets/offset-store.ts'

// Written by java.io.ObjectOutputStream: a HashMap of two byte arrays to byte arrays, as a Java worker stores it.
const javaFile = Buffer.from(
  'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3RvckkACXRocmVzaG9sZHhwP0AAAAAAAAx3CAAA' +
    'ABAAAAACdXIAAltCrPMX+AYIVOACAAB4cAAAABpbIm90aGVyIix7ImZpbGVuYW1lIjoiYiJ9XXVxAH4AAgAAAA57InBvc2l0aW9u' +
    'IjoyfXVxAH4AAgAAAClbImxpbmVzIix7ImZpbGVuYW1lIjoiL3Zhci9sb2cvYXBwLmxvZyJ9XXVxAH4AAgAAAA97InBvc2l0aW9u' +
    'IjoxNH14',
  'base64',
)
const change = (name: string, at: number | null) => ({
  connector: 'c',
  partition: { name },
  offset: at === null ? null : { at },
})

async function opened(files = memoryFiles()): Promise<{ files: ReturnType<typeof memoryFiles>; store: FileOffsets }> {
  const store = new FileOffsets(files, '/offsets')
  await store.start()
  return { files, store }
}

describe('offsets in a file', () => {
  it('are there again after a restart', async () => {
    const { files, store } = await opened()
    await store.set([change('a', 1), change('b', 2)])
    await store.set([change('a', 3), change('b', null)])
    const { store: next } = await opened(files)
    expect(next.all('c')).toEqual([{ partition: { name: 'a' }, offset: { at: 3 } }])
    expect(next.get('c', { name: 'b' })).toBeUndefined()
    expect(next.all('another')).toEqual([])
  })

  it('are taken over from a Java worker', async () => {
    const files = memoryFiles()
    files.replace('/offsets', javaFile)
    const { store } = await opened(files)
    expect(store.get('lines', { filename: '/var/log/app.log' })).toEqual({ position: 14 })
    expect(store.get('other', { filename: 'b' })).toEqual({ position: 2 })
    await store.set([{ connector: 'lines', partition: { filename: '/var/log/app.log' }, offset: { position: 20 } }])
    const { store: next } = await opened(files)
    expect([next.get('lines', { filename: '/var/log/app.log' }), next.get('other', { filename: 'b' })]).toEqual([
      { position: 20 },
      { position: 2 },
    ])
  })

  it.each([
    ['nonsense', Buffer.from('{')],
    ['other JSON', Buffer.from('{}')],
    ['half a Java file', javaFile.subarray(0, 150)],
    ['another Java object', Buffer.from('aced0005740001', 'hex')],
  ])('refuse %s', async (_, bytes) => {
    const files = memoryFiles()
    files.replace('/offsets', bytes)
    await expect(opened(files)).rejects.toThrow(/offset storage \/offsets holds no offsets/)
  })
})

describe('partitions', () => {
  it('are the same whatever the order of their members', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}')
    expect(canonicalJson({ a: true, b: [1, { c: 'x', d: null }] })).toBe(
      canonicalJson({ b: [1, { d: null, c: 'x' }], a: true }),
    )
  })
})
