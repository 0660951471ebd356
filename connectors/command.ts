import { systemFiles } from '#core/ports/system-files.ts'
import { textLog } from '#core/telemetry/log.ts'

import { readConnectorFile, readWorkerFile } from './runtime/config-files.ts'
import { startWorker } from './runtime/worker.ts'

/**
 * `millrace connect WORKER CONNECTOR…`: runs a standalone worker until a signal comes or every task is over. Prints
 * `ready NAME…` on stdout when the connectors run. The exit code is 1 when a task has failed.
 */
export async function connectCommand(options: {
  readonly worker: string
  readonly connectors: readonly string[]
}): Promise<number> {
  const log = textLog('info')
  const worker = await startWorker({
    worker: readWorkerFile(systemFiles, options.worker),
    connectors: options.connectors.map((file) => readConnectorFile(systemFiles, file)),
    log,
  })
  process.stdout.write(
    `ready ${worker
      .status()
      .map(({ name }) => name)
      .join(' ')}\n`,
  )
  const signals = ['SIGTERM', 'SIGINT'] as const
  let interrupt = (): void => {}
  const interrupted = new Promise<void>((resolve) => (interrupt = resolve))
  for (const signal of signals) process.once(signal, interrupt)
  await Promise.race([worker.ended, interrupted])
  for (const signal of signals) process.off(signal, interrupt)
  await worker.stop()
  const failed = worker
    .status()
    .flatMap(({ name, tasks }) => tasks.filter(({ state }) => state === 'FAILED').map((task) => ({ name, ...task })))
  for (const { name, id, trace } of failed) process.stderr.write(`task ${id} of "${name}" failed: ${trace ?? ''}\n`)
  return failed.length > 0 ? 1 : 0
}
