import { appendFileSync, copyFileSync, existsSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { seededRandom } from '../../core/ports/random.ts'
import { fileSource } from '../../connectors/plugins/file/source.ts'
import { SourceDriver } from '../support/source-driver.ts'

/** A program that writes a log, and rotation that moves it about, in any order; a reader that looks now and then. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  readonly log = join(this.folder, 'app.log')
  readonly written: string[] = []
  #count = 0
  #unfinished = ''

  append(lines: number): void {
    let text = ''
    for (let i = 0; i < lines; i++) {
      const line = `${this.#unfinished}line ${this.#count++}`
      text += `${line.slice(this.#unfinished.length)}\n`
      this.#unfinished = ''
      this.written.push(line)
    }
    appendFileSync(this.log, text)
  }

  begin(): void {
    if (this.#unfinished !== '') return
    this.#unfinished = 'begun '
    appendFileSync(this.log, this.#unfinished)
  }

  /** app.log.2 becomes app.log.3 and so on. */
  #shift(): void {
    for (let i = 6; i > 0; i--) {
      const from = `${this.log}.${i}`
      if (existsSync(from)) renameSync(from, `${this.log}.${i + 1}`)
    }
  }

  rename(): void {
    if (this.#unfinished !== '') this.append(1)
    this.#shift()
    renameSync(this.log, `${this.log}.1`)
    writeFileSync(this.log, '')
  }

  copyTruncate(): void {
    if (this.#unfinished !== '') this.append(1)
    this.#shift()
    copyFileSync(this.log, `${this.log}.1`)
    truncateSync(this.log)
  }
}

async function play(
  seed: number,
  { pattern, mostMoves }: Source,
  moves: readonly ('rename' | 'copyTruncate')[],
): Promise<void> {
  const random = seededRandom(seed)
  const world = new World()
  world.append(1)
  const config = { topic: 't', file: join(world.folder, pattern), 'batch.size': '3', 'read.buffer.bytes': '1024' }
  const seen: string[] = []
  let driver = await new SourceDriver(fileSource as never, config).settle()
  const look = async (ms: number) => {
    await driver.step(ms)
    await driver.step(ms)
  }
  try {
    let movesSinceLook = 0
    // A log of which no line was read is known by nothing: a copy of what it held later cannot be told.
    const isKnown = () =>
      driver.stored.some(({ partition, offset }) => partition['filename'] === world.log && offset!['position'] !== 0)
    let known = true
    for (let i = 0; i < 40; i++) {
      const dice = random.next()
      if (dice < 0.45) world.append(1 + Math.floor(random.next() * 8))
      else if (dice < 0.52) world.begin()
      else if (dice < 0.72) {
        await look(1000)
        movesSinceLook = 0
        known = isKnown()
      } else if (dice < 0.88) {
        // Something to tell files apart: two empty ones are one and the same to anybody.
        world.append(1)
        if (known && movesSinceLook++ < mostMoves) world[moves[Math.floor(random.next() * moves.length)]!]()
      } else {
        await driver.stop()
        seen.push(...driver.lines)
        if (random.next() < 0.5) world.append(2)
        driver = await new SourceDriver(fileSource as never, config, driver.stored).settle()
        movesSinceLook = 0
        known = isKnown()
      }
    }
    world.append(1)
    await look(1000)
    await look(10_000)
    await driver.stop()
    seen.push(...driver.lines)
    expect(seen.toSorted()).toEqual(world.written.toSorted())
  } finally {
    rmSync(world.folder, { recursive: true, force: true })
  }
}

interface Source {
  readonly pattern: string
  /** How often the log is rotated between two looks. */
  readonly mostMoves: number
}

describe.each<[string, Source]>([
  ['a single file', { pattern: 'app.log', mostMoves: 1 }],
  ['a pattern', { pattern: 'app.log*', mostMoves: 2 }],
])('each line comes exactly once from %s', (_, source) => {
  it.each([
    ['renamed', ['rename'] as const],
    ['copied and truncated', ['copyTruncate'] as const],
    ['both', ['rename', 'copyTruncate'] as const],
  ])('that is %s at any time', async (_, moves) => {
    for (let seed = 1; seed <= 6; seed++) {
      await play(seed, source, moves).catch((error: Error) => {
        error.message = `seed ${seed}: ${error.message}`
        throw error
      })
    }
  })
})
