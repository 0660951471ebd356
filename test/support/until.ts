import { setTimeout as pause } from 'node:timers/promises'

/** Resolves when something has come true. Throws when it has not in `ms`, with what `told` gives then to explain it. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { ms = 60_000, told = () => '' }: { readonly ms?: number; readonly told?: () => string } = {},
): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (await holds()) return
    await pause(50)
  }
  throw new Error(`${what} did not come about in ${ms} ms\n${told()}`.trimEnd())
}
