/** How loud a line is: `error` somebody must act, `warn` somebody should look, `info` milestones, `debug` the rest. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where the rooms say what happened. */
export interface Log {
  (level: LogLevel, message: string, details?: Readonly<Record<string, unknown>>): void
}

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Lines of text on stderr, from `level` up; stdout stays free for results. */
export function textLog(
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  return (each, message, details) => {
    if (rank[each] < rank[level]) return
    const extra =
      details === undefined
        ? ''
        : ' ' +
          Object.entries(details)
            .map(([name, value]) => `${name}=${String(value)}`)
            .join(' ')
    write(`${new Date().toISOString()} ${each.toUpperCase()} ${message}${extra}\n`)
  }
}

/** Says nothing: the default inside other programs. */
export const silentLog: Log = () => {}
