import { Worker } from 'node:worker_threads'

/**
 * Sees from another thread that this one does not come back to its loop, and says where it is: the stack, taken through
 * the inspector, of a hang that could otherwise only be looked at by killing it.
 */
export class Watchdog {
  readonly #beat = new Int32Array(new SharedArrayBuffer(4))
  readonly #timer: NodeJS.Timeout
  readonly #worker: Worker

  constructor(longestMs: number) {
    this.#timer = setInterval(() => Atomics.add(this.#beat, 0, 1), 50)
    this.#timer.unref()
    this.#worker = new Worker(source, { eval: true, workerData: { beat: this.#beat, longestMs } })
    this.#worker.unref()
  }

  stop(): Promise<number> {
    clearInterval(this.#timer)
    return this.#worker.terminate()
  }
}

const source = `
const { workerData: { beat, longestMs } } = require('node:worker_threads')
const { Session } = require('node:inspector')
const fs = require('node:fs')
let last = -1, since = Date.now(), told = false
setInterval(() => {
  const now = Atomics.load(beat, 0)
  if (now !== last) { last = now; since = Date.now(); told = false; return }
  if (told || Date.now() - since < longestMs) return
  told = true
  const session = new Session()
  session.connectToMainThread()
  session.on('Debugger.paused', ({ params }) => {
    const frames = params.callFrames.map((f) => '    at ' + f.functionName + ' ' + f.url + ':' + (f.location.lineNumber + 1))
    fs.writeSync(2, 'HANG of ' + (Date.now() - since) + ' ms at\\n' + frames.join('\\n') + '\\n')
    session.post('Debugger.resume')
    session.disconnect()
  })
  session.post('Debugger.enable', () => session.post('Debugger.pause'))
}, 100)
`
