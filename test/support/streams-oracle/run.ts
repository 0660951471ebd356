import type { Header } from 'millrace'
import { TopologyTestDriver } from 'millrace/streams/testing'
import type { ProducedRecord } from 'millrace/streams/testing'
import type { Topology, Windowed } from 'millrace/streams'
import { CaseBuilder } from './build.ts'
import type { SinkSerdes } from './build.ts'
import type { Case, CaseEnd, CaseStep, Json } from './case.ts'
import { bytesOf, literal } from './case.ts'
import { storeRows } from './stores.ts'

const application = 'app'

/** What our side did with the inputs of a case, in the form of the case. */
export interface Outcome {
  readonly steps: readonly CaseStep[]
  readonly end: CaseEnd
  /** Error texts behind `invalid` and `error`, to show. */
  readonly errors: readonly string[]
}

/** Builds and runs a case. Throws `Unsupported` if it uses what there is not. */
export function runCase(given: Case): Outcome {
  const run = new Run(given)
  return run.go()
}

class Run {
  readonly #case: Case
  readonly #peeked: Json[] = []
  readonly #produced: ProducedRecord[] = []
  readonly #internal = new Map<string, Json[][]>()
  #sinks: ReadonlyMap<string, SinkSerdes> = new Map()

  constructor(given: Case) {
    this.#case = given
  }

  go(): Outcome {
    const { config, topology: nodes } = this.#case
    const builder = new CaseBuilder((node, key, value) => this.#peeked.push([node, keyJson(key), value as Json]))
    let topology: Topology
    let driver: TopologyTestDriver
    try {
      topology = builder.build(nodes, config.optimize)
      driver = this.#open(topology)
    } catch (error) {
      if ((error as { code?: unknown }).code === undefined) throw error
      return { steps: [], end: { invalid: true }, errors: [String(error)] }
    }
    this.#sinks = builder.sinks
    const steps: CaseStep[] = []
    let dropped = 0
    for (const step of this.#case.steps) {
      this.#produced.length = 0
      this.#peeked.length = 0
      const input = step.in === undefined ? { wall: step.wall! } : { in: step.in }
      try {
        this.#feed(driver, step)
      } catch (error) {
        if ((error as { code?: unknown }).code === undefined) throw error
        steps.push({ ...input, error: true })
        return { steps, end: { failed: true, ...this.#shape(topology, false) }, errors: [String(error)] }
      }
      const now = Object.values(driver.dropped).reduce((sum, count) => sum + count, 0)
      const out = this.#outputs()
      steps.push({
        ...input,
        out,
        ...(this.#peeked.length > 0 && { peek: [...this.#peeked] }),
        ...(now !== dropped && { dropped: now - dropped }),
      })
      dropped = now
    }
    return {
      steps,
      end: { dropped, stores: storeRows(topology, driver, this.#case), ...this.#shape(topology, true) },
      errors: [],
    }
  }

  #open(topology: Topology): TopologyTestDriver {
    const { config } = this.#case
    return new TopologyTestDriver(topology, {
      startTime: config.wall,
      onProduced: (record) => this.#produced.push(record),
      config: {
        'application.id': application,
        'statestore.cache.max.bytes': config.cache,
        'emit.interval.ms': config.emitInterval ?? 0,
        'processing.exception.handler': config.onProcessingError ?? 'fail',
        'deserialization.exception.handler': config.onDeserializationError ?? 'fail',
        'errors.dead.letter.queue.topic.name': config.dlq,
      },
    })
  }

  #feed(driver: TopologyTestDriver, step: CaseStep): void {
    if (step.in === undefined) return driver.advanceWallClock(step.wall!)
    const [topic, key, value, timestamp, headers = []] = step.in
    driver.pipeBytes(topic, {
      key: inputBytes(key),
      value: inputBytes(value),
      timestamp,
      headers: headers.map(([name, text]) => ({ key: name, value: text === null ? null : Buffer.from(text) })),
    })
  }

  #outputs(): Json[] {
    const out: Json[] = []
    for (const record of this.#produced) {
      if (record.topic.startsWith(`${application}-`)) {
        const rows = this.#internal.get(record.topic) ?? []
        rows.push([literal(record.key), literal(record.value), record.timestamp, ...headersJson(record.headers)])
        this.#internal.set(record.topic, rows)
      } else out.push(this.#output(record))
    }
    return out
  }

  #output({ topic, key, value, timestamp, headers }: ProducedRecord): Json {
    const serdes = this.#sinks.get(topic)
    if (serdes === undefined) return [topic, literal(key), literal(value), timestamp, ...headersJson(headers)]
    const readKey = key === null ? null : keyJson(serdes.key.deserialize(key, topic))
    const readValue = value === null ? null : (serdes.value.deserialize(value, topic) as Json)
    return [topic, readKey, readValue, timestamp, ...headersJson(headers)]
  }

  #shape(topology: Topology, complete: boolean): CaseEnd {
    const internal = topology.internalTopics(application).map(({ name, kind, partitions, config }) => [
      name,
      {
        kind,
        ...(partitions !== undefined && { partitions }),
        config: Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))),
        ...(complete && { records: this.#internal.get(name) ?? [] }),
      },
    ])
    return { internal: Object.fromEntries(internal), describe: comparable(topology.describe()) }
  }
}

/** `describe()` with the names within each list sorted, as the cases have it. */
function comparable(text: string): string {
  return text
    .replace(
      /((?:stores|topics): \[|--> |<-- )([^\]\n]*)/g,
      (_, head: string, list: string) => head + list.split(', ').sort().join(', '),
    )
    .replace(/extractor class: [^)]*/g, 'extractor class: *')
}

export function keyJson(key: unknown): Json {
  if (typeof key !== 'object' || key === null) return key as Json
  const { key: inner, start, end } = key as Windowed<Json>
  return { key: inner, start, end: end === Infinity ? null : end }
}

const anyText = new Set(['exception', 'stacktrace', 'message'].map((name) => `__streams.errors.${name}`))

function headersJson(headers: readonly Header[]): Json[] {
  if (headers.length === 0) return []
  return [headers.map(({ key, value }) => [key, anyText.has(key) ? '*' : literal(value)])]
}

function inputBytes(value: Json): Buffer | null {
  if (value === null) return null
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  }
  if (typeof value === 'string') return Buffer.from(value)
  return bytesOf((value as { bytes: string }).bytes)
}
