import { describe, expect, expectTypeOf, it } from 'vitest'

import {
  boolean,
  defineConfig,
  duration,
  int,
  list,
  long,
  oneOf,
  password,
  size,
  string,
  type ConfigOf,
} from '#core/config/define.ts'
import { isKnownError } from '#core/errors/table.ts'

const sample = defineConfig(
  {
    bucket: string({ doc: 'Where objects go.', required: true, importance: 'high' }),
    'flush.bytes': size({ doc: 'Closes an object at this size.', default: 8_388_608 }),
    'linger.ms': duration({ doc: 'Waits for more.', default: 5, aliases: ['linger'] }),
    format: oneOf('jsonl', 'parquet')({ doc: 'How an object is laid out.', default: 'jsonl' }),
    schema: string({ doc: 'Schema of parquet files.' }),
    'secret.key': password({
      doc: 'Half of a key pair.',
      secret: true,
      check: (key) => (key.length < 3 ? 'is too short' : undefined),
    }),
    tags: list({ doc: 'Words.', default: [] }),
    'max.tasks': int({ doc: 'Tasks.', default: 1 }),
    'retention.ms': long({ doc: 'Age.', default: -1 }),
    verbose: boolean({ doc: 'Says more.', default: false }),
  },
  (config, complain) => {
    if (config.format === 'parquet' && config.schema === undefined) complain('schema', 'parquet needs a schema')
  },
)

const problemOf = (raw: Record<string, unknown>): string => {
  try {
    sample.parse(raw, 'connector "s"')
  } catch (error) {
    if (isKnownError(error)) return error.message
    throw error
  }
  return 'accepted'
}

describe('a declared configuration', () => {
  it('infers types: required and defaulted settings are never undefined', () => {
    type Sample = ConfigOf<typeof sample>
    expectTypeOf<Sample['bucket']>().toEqualTypeOf<string>()
    expectTypeOf<Sample['format']>().toEqualTypeOf<'jsonl' | 'parquet'>()
    expectTypeOf<Sample['schema']>().toEqualTypeOf<string | undefined>()
    // @ts-expect-error a misspelt option does not compile
    int({ doc: '', defualt: 1 })
  })

  it('parses texts as properties and JSON give them', () => {
    const config = sample.parse(
      {
        bucket: 'logs',
        'flush.bytes': '16MiB',
        linger: '2s',
        tags: ' a, b ,,c',
        'max.tasks': '3',
        verbose: 'TRUE',
        'retention.ms': '9223372036854775807',
      },
      'sink',
    )
    expect(config).toMatchObject({
      bucket: 'logs',
      'flush.bytes': 16 * 1024 * 1024,
      'linger.ms': 2000,
      tags: ['a', 'b', 'c'],
      'max.tasks': 3,
      verbose: true,
      format: 'jsonl',
    })
    expect(sample.settings['retention.ms'].print(config['retention.ms'])).toBe('9223372036854775807')
  })

  it('names the setting, the expectation and the value in every problem, all at once', () => {
    const text = problemOf({ 'flush.bytes': 'lots', format: 'csv', 'max.tasks': '1.5' })
    expect(text).toContain('connector "s"')
    expect(text).toContain('missing required setting "bucket"')
    expect(text).toContain('setting "flush.bytes": expected a number of bytes, or a size such as 8MiB, got "lots"')
    expect(text).toContain('setting "format": expected one of jsonl, parquet, got "csv"')
    expect(text).toContain('setting "max.tasks": expected a whole number')
  })

  it('looks across settings only when each is right by itself', () => {
    expect(problemOf({ bucket: 'b', format: 'parquet' })).toContain('setting "schema": parquet needs a schema')
    expect(problemOf({ bucket: 'b', format: 'parquet', schema: 's' })).toBe('accepted')
  })

  it('never shows a secret', () => {
    expect(problemOf({ bucket: 'b', 'secret.key': 'xy' })).not.toContain('xy')
  })

  it('refuses numbers outside the type', () => {
    expect(problemOf({ bucket: 'b', 'max.tasks': '2147483648' })).toContain('from -2147483648 to 2147483647')
  })

  it('lists names it does not know', () => {
    expect(sample.unknown({ bucket: 'b', linger: 1, buckit: 'x' })).toEqual(['buckit'])
  })
})
