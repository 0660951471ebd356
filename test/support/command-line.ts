import type { Output } from '../../broker/commands/output.ts'
import { type Session, withCluster } from '../../broker/commands/session.ts'
import type { Broker } from '../../broker/start.ts'

/** What a command printed. */
export interface Printed {
  readonly out: string
  readonly remarks: readonly string[]
}

/** Runs the work of a command against a broker and returns what it printed. */
export async function ran(
  broker: Pick<Broker, 'bootstrapServers'>,
  work: (session: Session) => Promise<void>,
  json = false,
): Promise<Printed> {
  const printed = captured(json)
  await withCluster({ bootstrapServer: broker.bootstrapServers }, work, printed.output)
  return printed
}

/** The JSON document that a command prints with --json. */
export async function json<T>(
  broker: Pick<Broker, 'bootstrapServers'>,
  work: (session: Session) => Promise<void>,
): Promise<T> {
  return JSON.parse((await ran(broker, work, true)).out) as T
}

/** An output that keeps what is written. */
export function captured(asJson: boolean): Printed & { readonly output: Output } {
  const printed = { out: '', remarks: [] as string[] }
  return Object.assign(printed, {
    output: {
      json: asJson,
      gone: new AbortController().signal,
      write: (text: string) => void (printed.out += text),
      remark: (text: string) => void printed.remarks.push(text),
    },
  })
}

/** The rows of a printed table, by its titles. */
export function rows(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const cells = (line: string): string[] => line.trim().split(/\s{2,}/)
  const titles = cells(head)
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, i) => [titles[i]!, cell])))
}
