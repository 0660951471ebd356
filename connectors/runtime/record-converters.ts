import type { ConsumerRecord, OutgoingRecord } from '#core/client/client.ts'
import type { Header } from '#core/records/record.ts'
import { noHeaders } from '#core/records/record.ts'

import type { StringMap } from '../api/connector.ts'
import type { Converter } from '../api/converter.ts'
import type { ConnectHeader, SinkRecord, SourceRecord } from '../api/records.ts'
import { createConverter } from '../converters/known.ts'
import { below } from './connector-config.ts'
import type { Stage } from './tolerance.ts'

/** A record could not be converted: at which stage, by whom, why. */
export class ConversionFailure extends Error {
  override readonly name = 'ConversionFailure'
  readonly stage: Stage
  readonly executor: string
  override readonly cause: Error

  constructor(stage: Stage, executor: string, cause: unknown) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    super(error.message)
    this.stage = stage
    this.executor = executor
    this.cause = error
  }
}

interface Named {
  readonly converter: Converter
  readonly executor: string
}

/** The three converters of a task. A converter that the connector names takes nothing from the worker's settings. */
export class RecordConverters {
  readonly #key: Named
  readonly #value: Named
  readonly #header: Named

  constructor(connector: StringMap, worker: StringMap, defaultHeader: string) {
    const make = (which: 'key' | 'value' | 'header', fallback?: string): Named => {
      const setting = `${which}.converter`
      const raw = connector[setting] === undefined ? worker : connector
      const executor = raw[setting] ?? fallback!
      return { executor, converter: createConverter(executor, below(raw, `${setting}.`), which === 'key') }
    }
    this.#key = make('key')
    this.#value = make('value')
    this.#header = make('header', defaultHeader)
  }

  /** A source's record as bytes. Throws ConversionFailure. */
  fromConnect(record: SourceRecord): OutgoingRecord {
    const { topic, partition, timestamp } = record
    let stage: Stage = 'HEADER_CONVERTER'
    let at = this.#header
    try {
      const headers =
        record.headers === undefined ? noHeaders : record.headers.map((each) => this.#headerOut(topic, each))
      stage = 'KEY_CONVERTER'
      at = this.#key
      const key = at.converter.fromConnect(topic, record.keySchema ?? null, record.key)
      stage = 'VALUE_CONVERTER'
      at = this.#value
      const value = at.converter.fromConnect(topic, record.valueSchema ?? null, record.value)
      return { topic, partition, key, value, timestamp, headers }
    } catch (cause) {
      throw new ConversionFailure(stage, at.executor, cause)
    }
  }

  /** A topic's record as values. Throws ConversionFailure. */
  toConnect(record: ConsumerRecord): SinkRecord {
    const { topic, partition, offset, timestamp } = record
    let stage: Stage = 'KEY_CONVERTER'
    let at = this.#key
    try {
      const key = at.converter.toConnect(topic, record.key)
      stage = 'VALUE_CONVERTER'
      at = this.#value
      const value = at.converter.toConnect(topic, record.value)
      stage = 'HEADER_CONVERTER'
      at = this.#header
      const headers = record.headers.length === 0 ? [] : record.headers.map((each) => this.#headerIn(topic, each))
      return {
        topic,
        partition,
        offset,
        timestamp,
        headers,
        keySchema: key.schema,
        key: key.value,
        valueSchema: value.schema,
        value: value.value,
      }
    } catch (cause) {
      throw new ConversionFailure(stage, at.executor, cause)
    }
  }

  #headerOut(topic: string, { key, schema, value }: ConnectHeader): Header {
    return { key, value: this.#header.converter.fromConnect(topic, schema ?? null, value) }
  }

  #headerIn(topic: string, { key, value }: Header): ConnectHeader {
    const bytes = value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.length)
    return { key, ...this.#header.converter.toConnect(topic, bytes) }
  }
}
