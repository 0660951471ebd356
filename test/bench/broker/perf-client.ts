import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

import { kafkaLibs } from '../../support/kafka-definitions.ts'
import { projectRoot } from '../../support/sources.ts'

/** What producer-perf said at its end. `p50` and `p99` are of the time from send to acknowledgement, ms. */
export interface Produced {
  readonly recordsPerSecond: number
  readonly p50: number
  readonly p99: number
}

/** Apache's Java clients and perf tools in one warm JVM. */
export class PerfClient {
  readonly #java: ChildProcessWithoutNullStreams
  readonly #lines: string[] = []
  #waiting: (() => void) | undefined
  #ended = false

  constructor() {
    this.#java = spawn(
      'java',
      [
        '-Xmx1g',
        '-Xms1g',
        '-XX:+UseG1GC',
        '-cp',
        join(kafkaLibs(), '*'),
        join(projectRoot, 'test/bench/java/PerfClient.java'),
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    )
    let said = ''
    this.#java.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-4000)))
    createInterface({ input: this.#java.stdout }).on('line', (line) => {
      this.#lines.push(line)
      if (line === 'done') this.#waiting?.()
    })
    this.#java.once('exit', () => {
      this.#ended = true
      this.#lines.push(said)
      this.#waiting?.()
    })
  }

  close(): void {
    this.#java.stdin.end()
  }

  async produce(
    bootstrap: string,
    topic: string,
    load: { readonly records: number; readonly size: number; readonly properties?: readonly string[] },
  ): Promise<Produced> {
    const printed = await this.#run([
      'produce',
      ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(load.records)],
      ...['--record-size', String(load.size), '--throughput', '-1'],
      ...(load.properties === undefined ? [] : ['--command-property', ...load.properties]),
    ])
    const last = printed.findLast((line) => line.includes('50th'))
    const found = /records sent, ([\d.]+) records\/sec .* (\d+) ms 50th,.* (\d+) ms 99th/.exec(last ?? '')
    if (found === null) throw new Error(`cannot read what producer-perf printed:\n${printed.join('\n')}`)
    const [recordsPerSecond, p50, p99] = found.slice(1).map(Number)
    return { recordsPerSecond: recordsPerSecond!, p50: p50!, p99: p99! }
  }

  /** Records a second of a consumer that reads the topic from its beginning. */
  async consume(bootstrap: string, topic: string, records: number): Promise<number> {
    const printed = await this.#run([
      'consume',
      ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(records), '--timeout', '60000'],
    ])
    // start, end, MB, MB/s, records, records/s, …
    const cells = (printed.findLast((line) => line.split(',').length >= 8) ?? '').split(',').map(Number)
    if (!(cells[4]! >= records)) throw new Error(`cannot read what consumer-perf printed:\n${printed.join('\n')}`)
    return cells[5]!
  }

  /** Records a second through a topic whose consumer stands at its end. */
  async tail(bootstrap: string, topic: string, records: number, size: number): Promise<number> {
    const printed = await this.#run(['tail', bootstrap, topic, String(records), String(size)])
    return this.#numbers(printed, 'rate')[0]!
  }

  /** Milliseconds from send to poll at a rate: p50, p99, p99.9, max. */
  async latency(bootstrap: string, topic: string, records: number, rate: number, size: number): Promise<number[]> {
    const printed = await this.#run(['latency', bootstrap, topic, String(records), String(rate), String(size)])
    return this.#numbers(printed, 'latency')
  }

  #numbers(printed: readonly string[], name: string): number[] {
    const line = printed.find((each) => each.startsWith(`${name} `))
    if (line === undefined) throw new Error(`no ${name} in:\n${printed.join('\n')}`)
    return line.split(' ').slice(1).map(Number)
  }

  async #run(words: readonly string[]): Promise<string[]> {
    this.#lines.length = 0
    this.#java.stdin.write(`${words.join('\t')}\n`)
    if (!this.#ended && !this.#lines.includes('done')) await new Promise<void>((done) => (this.#waiting = done))
    if (!this.#lines.includes('done')) throw new Error(`the Java client ended:\n${this.#lines.join('\n')}`)
    return [...this.#lines]
  }
}
