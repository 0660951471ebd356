import { RecordBatch } from '#core/records/batch.ts'
import { errorCodes } from '#core/wire/errors.ts'

interface Remembered {
  readonly first: number
  readonly last: number
  readonly offset: number
}

/** A partition's log with the rules for idempotent producers: five batches remembered, sequences without gaps. */
export class ScriptedLog {
  readonly values: string[] = []
  readonly #producers = new Map<number, { epoch: number; batches: Remembered[] }>()

  /** Appends a produced batch; an error code, or where it landed. */
  append(bytes: Buffer): { readonly errorCode: number; readonly baseOffset: number } {
    const batch = RecordBatch.at(Buffer.from(bytes))
    if (!batch.isCrcValid()) return refuse(errorCodes.CORRUPT_MESSAGE.code)
    const { producerId, producerEpoch, baseSequence, lastSequence } = batch
    if (producerId >= 0) {
      const known = this.#producers.get(producerId)
      const double = known?.batches.find(({ first, last }) => first === baseSequence && last === lastSequence)
      if (known !== undefined && known.epoch === producerEpoch && double !== undefined) {
        return { errorCode: 0, baseOffset: double.offset }
      }
      const problem = this.#problem(producerId, producerEpoch, baseSequence)
      if (problem !== 0) return refuse(problem)
    }
    const offset = this.values.length
    for (const { value } of batch.records()) this.values.push(String(value))
    if (producerId >= 0) this.#remember(producerId, producerEpoch, { first: baseSequence, last: lastSequence, offset })
    return { errorCode: 0, baseOffset: offset }
  }

  /** What a log does after its producer state was lost and a later batch had been cut off: it expects another number. */
  loseLast(producerId: number): void {
    const known = this.#producers.get(producerId)
    const last = known?.batches.pop()
    if (last !== undefined) this.values.length = last.offset
  }

  #problem(producerId: number, epoch: number, sequence: number): number {
    const known = this.#producers.get(producerId)
    if (known === undefined) return 0
    if (epoch < known.epoch) return errorCodes.INVALID_PRODUCER_EPOCH.code
    if (epoch > known.epoch) return sequence === 0 ? 0 : errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER.code
    const expected = ((known.batches.at(-1)?.last ?? -1) + 1) % 0x80000000
    return sequence === expected ? 0 : errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER.code
  }

  #remember(producerId: number, epoch: number, batch: Remembered): void {
    const known = this.#producers.get(producerId)
    if (known === undefined || known.epoch !== epoch) this.#producers.set(producerId, { epoch, batches: [batch] })
    else {
      known.batches.push(batch)
      if (known.batches.length > 5) known.batches.shift()
    }
  }
}

const refuse = (errorCode: number) => ({ errorCode, baseOffset: -1 })
