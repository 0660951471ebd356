import type { Serde } from '#core/serde/serde.ts'
import { serdeErrors, serdes } from '#core/serde/serdes.ts'

/** The part of the Standard Schema interface (version 1) that validators such as zod, valibot and arktype offer. */
export interface StandardSchema<Input, Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

/**
 * JSON that a validator has seen: values are checked on the way out and on the way in, and come out as the schema's
 * output type. Validators that answer with a promise are refused: serdes are synchronous.
 */
export function schemaSerde<Input, Output>(schema: StandardSchema<Input, Output>): Serde<Output> {
  const inner = serdes.json<unknown>()
  const check = (value: unknown, topic: string): Output => {
    const result = schema['~standard'].validate(value)
    if (result instanceof Promise) {
      throw serdeErrors.SERDE_SCHEMA({ topic, problem: 'the schema validates asynchronously, a serde cannot wait' })
    }
    if (result.issues === undefined) return result.value
    const problem = result.issues.map((issue) => {
      const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
      return path === '' ? issue.message : `${path}: ${issue.message}`
    })
    throw serdeErrors.SERDE_SCHEMA({ topic, problem: problem.join('; ') })
  }
  return {
    serialize(value, topic = '?') {
      check(value, topic)
      return inner.serialize(value, topic)
    },
    deserialize: (bytes, topic = '?') => check(inner.deserialize(bytes, topic), topic),
  }
}
