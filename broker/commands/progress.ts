import { SingleBar } from 'cli-progress'

import { countText } from './output.ts'

/** Shows on stderr how far long work has come; nothing where stderr is not a terminal. */
export interface ProgressLine {
  show(done: number): void
  end(): void
}

/** A line that is rewritten a few times a second; with `total` a bar. */
export function progressLine(what: string, total?: number): ProgressLine {
  if (process.stderr.isTTY !== true || process.stdout.isTTY === true) return { show: () => {}, end: () => {} }
  const started = Date.now()
  const rate = (done: number): string =>
    `${countText(Math.round((done * 1000) / Math.max(1, Date.now() - started)))} a second`
  const bar = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    fps: 5,
    format: (_, { value, total: all }) =>
      total === undefined
        ? `${what} ${countText(value)}, ${rate(value)}`
        : `${what} ${countText(value)} of ${countText(all)}, ${rate(value)}`,
  })
  bar.start(total ?? Number.MAX_SAFE_INTEGER, 0)
  return { show: (done) => bar.update(done), end: () => bar.stop() }
}
