/** What a task is doing. ENDED is a task whose input is over: Connect, whose sources never end, has no such state. */
export type TaskState = 'RUNNING' | 'FAILED' | 'ENDED'

export interface TaskStatus {
  readonly id: number
  readonly state: TaskState
  /** The error that ended a FAILED task, with its stack and causes. */
  readonly trace?: string
}

export interface ConnectorStatus {
  readonly name: string
  readonly type: 'source' | 'sink'
  readonly state: 'RUNNING' | 'FAILED'
  /** Why a FAILED connector did not get as far as having tasks. */
  readonly trace?: string
  readonly tasks: readonly TaskStatus[]
}

/** An error's stack with those of its causes, as a status shows it. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\nCaused by: ${traceOf(error.cause)}`
}
