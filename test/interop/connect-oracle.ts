/**
 * Runs case files of the Connect oracle (its FORMAT.md is the specification) against our converters:
 *   tsx --conditions=source test/interop/connect-oracle.ts FILES
 * A case passes when results agree, or when both fail with the same kind of error; how many messages agree too is a second
 * figure. Cases of operations that are not there yet are counted as left out. The last line is `N passed, N failed`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Converter } from '../../connectors/api/converter.ts'
import { createConverter } from '../../connectors/converters/known.ts'
import { isKnownError } from '../../core/errors/table.ts'
import type { Check } from '../support/check.ts'
import { Skipped } from '../support/check.ts'
import { peersFolder } from '../support/peers.ts'
import { bytesOf, equalJson, equalSchemas, equalValues, schemaOf, valueOf } from '../support/connect-cases.ts'

type Case = any

/** What came of a case: left out, or whether kind and result agree, and for errors the message. */
interface Outcome {
  readonly left?: string
  readonly passed: boolean
  readonly message?: boolean
  readonly sameBytes?: boolean
  readonly detail?: string
}

const kinds: Record<string, string> = {
  DATA_INVALID: 'data',
  CONFIG_INVALID: 'config',
  ENCODING_UNKNOWN: 'serialization',
}

function errorOutcome(expected: Case, at: string, error: unknown): Outcome {
  const message = (error as Error).message
  const kind = isKnownError(error) ? (kinds[error.code] ?? error.code) : 'runtime'
  const detail = `got ${at} ${kind}: ${message}`
  if (!expected) return { passed: false, detail }
  if (['pattern', 'parse', 'runtime'].includes(expected.kind)) return { passed: true }
  if (expected.kind !== kind || expected.at !== at) return { passed: false, detail }
  const same =
    expected.text === 'free' ||
    (expected.text === 'prefix' ? message.startsWith(expected.message) : message === expected.message)
  return { passed: true, message: same, detail }
}

function runCase(each: Case): Outcome {
  if (each.op !== 'fromConnect' && each.op !== 'toConnect') return { passed: false, left: each.op }
  // We have one kind of number where no schema says which.
  if (each.needs?.includes('number-types')) return { passed: false, left: `${each.op} that needs number-types` }
  const expected = each.out.error
  let converter: Converter
  try {
    converter = createConverter(each.class, each.config, each.isKey ?? false)
  } catch (error) {
    return errorOutcome(expected, 'configure', error)
  }
  try {
    return each.op === 'fromConnect' ? from(converter, each) : to(converter, each)
  } catch (error) {
    return errorOutcome(expected, 'apply', error)
  }
}

function from(converter: Converter, each: Case): Outcome {
  const schema = schemaOf(each.schema)
  const ours = converter.fromConnect('t', schema, valueOf(each.value, schema))
  const detail = `got ${ours === null ? 'null' : ours.toString()}`
  if (each.out.error) return { passed: false, detail }
  const theirs = bytesOf(each.out.bytes)
  if (ours === null || theirs === null) return { passed: ours === theirs, detail }
  const sameBytes = ours.equals(theirs)
  if (sameBytes || !each.class.endsWith('JsonConverter')) return { passed: sameBytes, sameBytes, detail }
  const exact = /numeric/i.test(each.config['decimal.format'] ?? '')
  return { passed: equalJson(theirs.toString(), ours.toString(), exact), sameBytes, detail }
}

function to(converter: Converter, each: Case): Outcome {
  const ours = converter.toConnect('t', bytesOf(each.bytes))
  const detail = `got ${show(ours)}`
  if (each.out.error) return { passed: false, detail }
  const passed =
    equalSchemas(each.out.schema, ours.schema) && equalValues(each.out.value, ours.value, schemaOf(each.out.schema))
  return { passed, detail }
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === 'bigint' ? `${each}n` : each instanceof Map ? { map: [...each] } : each,
  )

/** Runs the files and prints the figures; returns passed and failed. */
export function runFiles(files: readonly string[], show = 20): { passed: number; failed: number } {
  const count = { passed: 0, failed: 0, errors: 0, messages: 0, json: 0, sameBytes: 0 }
  const left = new Map<string, number>()
  for (const file of files) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue
      const each = JSON.parse(line)
      const outcome = runCase(each)
      if (outcome.left !== undefined) {
        left.set(outcome.left, (left.get(outcome.left) ?? 0) + 1)
        continue
      }
      if (outcome.message !== undefined) count.errors++
      if (outcome.message) count.messages++
      if (outcome.sameBytes !== undefined) count.json++
      if (outcome.sameBytes) count.sameBytes++
      if (outcome.passed) count.passed++
      else count.failed++
      const wrong = !outcome.passed || (process.env['MESSAGES'] && outcome.message === false)
      if (wrong && show-- > 0) console.log(`differs ${each.id}: ${outcome.detail}\n  case ${line}`)
    }
  }
  for (const [op, n] of left) console.log(`left out: ${n} of ${op}`)
  console.log(`messages equal: ${count.messages} of ${count.errors}; bytes equal: ${count.sameBytes} of ${count.json}`)
  console.log(`${count.passed} passed, ${count.failed} failed`)
  return count
}

export const checks: Check[] = [
  {
    name: "converters answer as Connect's own did",
    run: async () => {
      const folder = join(peersFolder, '..', 'oracle', 'connect', 'smoke')
      const files = ['converters', 'json-from', 'json-to'].map((group) => join(folder, `${group}.jsonl`))
      if (!files.every((file) => existsSync(file))) throw new Skipped(`no cases below ${folder}`)
      const { failed } = runFiles(files)
      if (failed > 0) throw new Error(`${failed} cases differ`)
    },
  },
]

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = runFiles(process.argv.slice(2)).failed > 0 ? 1 : 0
}
