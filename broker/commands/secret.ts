import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'

/** Reads one line that nobody shall see: typed on a terminal, asked for on stderr and not shown. Empty at the end of input. */
export async function readSecret(
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
  ask: (text: string) => unknown = (text) => process.stderr.write(text),
): Promise<string> {
  const terminal = input.isTTY === true
  // The reader echoes what is typed to its output.
  const nowhere = new Writable({ write: (_bytes, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal })
  if (terminal) ask('password: ')
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve)
      lines.once('close', () => resolve(''))
    })
  } finally {
    lines.close()
    if (terminal) ask('\n')
  }
}
