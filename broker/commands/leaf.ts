import { type Command, Option } from 'commander'

import type { ClusterOptions, Session } from './session.ts'

/** Runs a command's work; its number is the exit code. */
export type Runs = (work: () => Promise<number>) => void

const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value]

/** An option that may be given again; its value is a list. */
export const repeated = (flags: string, description: string): Option =>
  new Option(flags, `${description}; may be given again`).argParser(collect).default([], 'none')

/** A command with the options that all of them have. */
export function leaf(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--bootstrap-server <host:port>', 'brokers of the cluster', '127.0.0.1:9092')
    .option('--command-config <file>', 'properties of the client, such as security.protocol and sasl.jaas.config')
    .option('--json', 'JSON instead of text')
}

/** Runs a command's work with a client, which is closed in any case. */
export async function within(options: ClusterOptions, work: (session: Session) => Promise<void>): Promise<number> {
  return (await import('./session.ts')).withCluster(options, work)
}
