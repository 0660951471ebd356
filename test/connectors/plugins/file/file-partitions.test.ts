import { appendFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'

import { fileSource } from '../../../../connectors/plugins/file/source.ts'
import { SourceDriver } from '../../../support/source-driver.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

/** Which partitions the lines of each file went to. */
const places = (driver: SourceDriver): Record<string, number[]> => {
  const seen = new Map<string, Set<number>>()
  for (const { key, partition } of driver.records) {
    const name = basename(String(key))
    seen.set(name, (seen.get(name) ?? new Set()).add(partition!))
  }
  return Object.fromEntries([...seen].sort().map(([name, partitions]) => [name, [...partitions]]))
}

it('files share a partition only when there are more files than partitions, and keep theirs over a restart', async () => {
  const folder = temporaryFolder()
  const write = (name: string): void => appendFileSync(join(folder, name), `${name}\n`)
  for (const name of ['a', 'b', 'c']) write(name)
  const config = { topic: 't', files: join(folder, '*'), 'file.partitions': '4' }
  const first = await new SourceDriver(fileSource as never, config).settle()
  const before = places(first)
  expect(Object.values(before).map((each) => each.length)).toEqual([1, 1, 1])
  expect(new Set(Object.values(before).flat()).size).toBe(3)
  await first.stop()

  for (const name of ['c', 'b', 'a', 'd', 'e']) write(name)
  const second = await new SourceDriver(fileSource as never, config, first.stored).settle()
  const after = places(second)
  expect(after).toMatchObject(before)
  expect(new Set([...Object.values(before).flat(), ...after['d']!])).toEqual(new Set([0, 1, 2, 3]))
  expect(after['e']).toHaveLength(1)
  await second.stop()
})

it('without the setting the key decides', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a'), 'x\n')
  const driver = await new SourceDriver(fileSource as never, { topic: 't', files: join(folder, '*') }).settle()
  expect(driver.records[0]!.partition).toBeUndefined()
  await driver.stop()
})
