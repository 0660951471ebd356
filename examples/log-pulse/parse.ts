/** What a line of a log says about itself. Times in ms since the epoch, levels in lower case, `none` where there is none. */
export interface LogLine {
  readonly time: number
  readonly level: string
}

interface Format {
  readonly pattern: RegExp
  /** Year first, month from 1; a field that a format lacks is filled from elsewhere. */
  readonly read: (
    match: RegExpExecArray,
  ) => readonly [year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number]
  readonly level: (match: RegExpExecArray) => string
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = (name: string): number => months.indexOf(name) + 1
const number = (text: string | undefined): number => Number(text ?? 0)

/** The year in which a day of the calendar was last seen; tomorrow still counts, for clocks that differ. */
function lastYearOf(mon: number, day: number): number {
  const tomorrow = Date.now() + 86_400_000
  const year = new Date(tomorrow).getUTCFullYear()
  return Date.UTC(year, mon - 1, day) <= tomorrow ? year : year - 1
}

const formats: readonly Format[] = [
  // 2015-10-18 18:01:47,978 INFO …, with or without a file name in front and a process id or a dash behind
  {
    pattern: /^(?:\S+ )?(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)[.,](\d{3})Z?(?: +-| +\d+)? +(\w+)/,
    read: (m) => [number(m[1]), number(m[2]), number(m[3]), number(m[4]), number(m[5]), number(m[6]), number(m[7])],
    level: (m) => m[8]!,
  },
  // [Sun Dec 04 04:47:44 2005] [notice] …
  {
    pattern: /^\[\w{3} (\w{3}) +(\d+) (\d\d):(\d\d):(\d\d) (\d{4})\] \[(\w+)\]/,
    read: (m) => [number(m[6]), month(m[1]!), number(m[2]), number(m[3]), number(m[4]), number(m[5]), 0],
    level: (m) => m[7]!,
  },
  // 081109 203615 148 INFO …  and  17/06/09 20:10:40 INFO …
  {
    pattern: /^(\d\d)\/?(\d\d)\/?(\d\d) (\d\d):?(\d\d):?(\d\d)(?: \d+)? +([A-Z]+) /,
    read: (m) => [2000 + number(m[1]), number(m[2]), number(m[3]), number(m[4]), number(m[5]), number(m[6]), 0],
    level: (m) => m[7]!,
  },
  // Jun 14 15:16:01 host …: syslog names neither year nor level; it was the last time that this day came round
  {
    pattern: /^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d+) (\d\d):(\d\d):(\d\d) /,
    read: (m) => [
      lastYearOf(month(m[1]!), number(m[2])),
      month(m[1]!),
      number(m[2]),
      number(m[3]),
      number(m[4]),
      number(m[5]),
      0,
    ],
    level: () => 'none',
  },
]

/** npm writes no time on its lines: the name of the file says when the run began. */
const npmName = /(\d{4})-(\d\d)-(\d\d)T(\d\d)_(\d\d)_(\d\d)_(\d{3})Z-debug-\d+\.log$/
const npmLine = /^\d+ (silly|verbose|info|timing|http|notice|warn|error)\b/

/** Reads time and level of a line, or undefined when it carries none: a stack frame, an empty line, another format. */
export function parseLine(line: string, file: string): LogLine | undefined {
  const name = npmName.exec(file)
  if (name) {
    const level = npmLine.exec(line)?.[1]
    if (level === undefined) return undefined
    const [year, mon, day, hour, minute, second, ms] = name.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return { time: Date.UTC(year, mon - 1, day, hour, minute, second, ms), level }
  }
  for (const format of formats) {
    const match = format.pattern.exec(line)
    if (!match) continue
    const [year, mon, day, hour, minute, second, ms] = format.read(match)
    const time = Date.UTC(year, mon - 1, day, hour, minute, second, ms)
    if (mon < 1 || mon > 12 || day < 1 || day > 31 || Number.isNaN(time)) return undefined
    return { time, level: format.level(match).toLowerCase() }
  }
  return undefined
}
