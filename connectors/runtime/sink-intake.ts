import type { ConsumerRecord, FetchedPartition } from '#core/client/client.ts'

import type { SinkRecord } from '../api/records.ts'
import { connectErrors } from '../errors.ts'
import { ConversionFailure } from './record-converters.ts'
import type { RecordConverters } from './record-converters.ts'
import type { Stage, Tolerance } from './tolerance.ts'

/** Records on their way into a put, each with what it was read from. */
export interface SinkBatch {
  readonly records: SinkRecord[]
  readonly raw: ConsumerRecord[]
}

/** Turns what was read into what a task is given; records that cannot be turned go the way of errors.tolerance. */
export class SinkIntake {
  readonly #converters: RecordConverters
  readonly #tolerance: Tolerance

  constructor(converters: RecordConverters, tolerance: Tolerance) {
    this.#converters = converters
    this.#tolerance = tolerance
  }

  async convert(chunks: readonly FetchedPartition[]): Promise<SinkBatch> {
    const records: SinkRecord[] = []
    const raw: ConsumerRecord[] = []
    for (const chunk of chunks) {
      for (const record of chunk) {
        try {
          records.push(this.#converters.toConnect(record))
          raw.push(record)
        } catch (error) {
          if (!(error instanceof ConversionFailure)) throw error
          const converted = await this.#convertAgain(error, record)
          if (converted) {
            records.push(converted)
            raw.push(record)
          }
        }
      }
    }
    return { records, raw }
  }

  async #convertAgain(failure: ConversionFailure, record: ConsumerRecord): Promise<SinkRecord | undefined> {
    try {
      return await this.#tolerance.again(failure.cause, () => this.#converters.toConnect(record))
    } catch (error) {
      const { cause, stage, executor } = error instanceof ConversionFailure ? error : failure
      this.passOver(record, stage, executor, cause)
      return undefined
    }
  }

  /** Reports a record that cannot be handled; throws RECORD_FAILED when it may not be passed over. */
  passOver(record: ConsumerRecord, stage: Stage, executor: string, error: Error): void {
    const { topic, partition, offset } = record
    if (this.#tolerance.tolerate({ stage, executor, error, record, about: { topic, partition, offset } })) return
    throw connectErrors.RECORD_FAILED({ topic, partition, offset, stage, problem: error.message }, error)
  }
}
