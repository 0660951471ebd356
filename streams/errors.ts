import { errorTable } from '#core/errors/table.ts'
import type { KnownError } from '#core/errors/table.ts'

export const streamsErrors = errorTable({
  TOPOLOGY_INVALID: {
    retry: 'never',
    message: 'topology: {problem}',
  },
  NAME_INVALID: {
    retry: 'never',
    message: 'name "{name}" is not allowed: {problem}',
    hint: 'Names become parts of topic names: use 1 to 249 ASCII letters, digits, ".", "_" and "-".',
  },
  OPTION_INVALID: {
    retry: 'never',
    message: '{what}: {problem}',
  },
  SERDE_MISSING: {
    retry: 'never',
    message: '{node} needs a {part} serde and none is known there',
    hint: 'Operators that change a key or value forget its serde: pass `key` or `value` to the operator named, or give the builder default serdes.',
  },
  STORE_UNKNOWN: {
    retry: 'never',
    message: 'processor "{node}" asks for store "{store}", which is not connected to it',
    hint: 'Name the store in the `stores` option of the processor.',
  },
  PROCESSING_FAILED: {
    retry: 'never',
    message: 'processor "{node}" failed on {topic}-{partition} at offset {offset}: {problem}',
    hint: 'Correct the function or the record, or set the processing error handler to continue.',
  },
  DESERIALIZATION_FAILED: {
    retry: 'never',
    message: 'source "{node}" cannot read {topic}-{partition} at offset {offset}: {problem}',
    hint: 'Check the serdes of the topic, or set the deserialization error handler to continue.',
  },
  TIMESTAMP_INVALID: {
    retry: 'never',
    message: 'the record at {topic}-{partition} offset {offset} has timestamp {timestamp}',
    hint: 'Give the topic a `timestamp` function that finds one in the value.',
  },
  BUFFER_FULL: {
    retry: 'never',
    message: '"{node}" holds back {records} records, its limit is {limit}',
    hint: 'Raise the limit of the suppression buffer, or let it emit early.',
  },
  TASK_CLOSED: {
    retry: 'never',
    message: 'task {task} was closed by an earlier error and takes no more records',
  },
})

/** Any error of the streams room. */
export type StreamsError = KnownError<keyof typeof streamsErrors.rows>

/** A topology that must be refused. */
export const invalid = (problem: string): StreamsError => streamsErrors.TOPOLOGY_INVALID({ problem })
