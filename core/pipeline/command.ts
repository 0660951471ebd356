import { readFileSync } from 'node:fs'

import { parsePipelineFile, pipelineErrors } from '#core/pipeline/pipeline-file.ts'
import { runPipeline, type Rooms } from '#core/pipeline/pipeline.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { textLog } from '#core/telemetry/log.ts'

/** `millrace up`: runs the pipeline of a file until it is done or a signal comes; 0 when it succeeded. */
export async function upCommand(
  options: {
    readonly file: string
    readonly args: readonly string[]
    readonly follow?: boolean
    readonly verbose?: boolean
  },
  rooms: Rooms,
): Promise<number> {
  const follow = options.follow ?? false
  const pipeline = parsePipelineFile(readText(options.file), options.file, {
    args: options.args,
    follow,
    env: process.env,
  })
  const stop = new AbortController()
  const signals = ['SIGINT', 'SIGTERM'] as const
  // The second signal does not wait for an orderly end.
  const onSignal = (): void => (stop.signal.aborted ? process.exit(130) : stop.abort())
  for (const signal of signals) process.on(signal, onSignal)
  try {
    const log = textLog(options.verbose ? 'info' : 'warn')
    const succeeded = await runPipeline(rooms, { files: systemFiles, log, out: process.stdout }, pipeline, {
      follow,
      signal: stop.signal,
    })
    return succeeded ? 0 : 1
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw pipelineErrors.PIPELINE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
}
