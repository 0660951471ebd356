import type { TaskContext } from './context.ts'

/** State that the nodes of one operation share within a task. */
export function perTask<T>(make: () => T): (task: TaskContext) => T {
  const made = new WeakMap<TaskContext, T>()
  return (task) => {
    let state = made.get(task)
    if (state === undefined) made.set(task, (state = make()))
    return state
  }
}
