import type { Json, SourceOffset } from '../../api/records.ts'
import type { Fingerprint } from './fingerprint.ts'
import { noFingerprint } from './fingerprint.ts'

/** How far one file was read, and what it was: enough to find it again under any name, and to see that it is another. */
export interface FileMark {
  /** Byte after the last line that was read. */
  readonly position: number
  readonly device: number
  readonly inode: number
  /** The first bytes, at most 1 KiB. */
  readonly head: Fingerprint
  /** The last bytes before `position`. */
  readonly tail: Fingerprint
  /** Nothing more is expected of it. */
  readonly finished: boolean
}

/** A mark that knows only a position: what a Java worker stored. */
export const isBare = (mark: FileMark): boolean => mark.inode === -1

const markJson = ({ position, device, inode, head, tail, finished }: FileMark): Record<string, Json> => ({
  position,
  device,
  inode,
  head: head.hash,
  headBytes: head.bytes,
  tail: tail.hash,
  tailBytes: tail.bytes,
  ...(finished ? { finished } : {}),
})

/**
 * The offset of a path: the file that has the name, in the members that Connect's own file source also reads, and files
 * that had it before and are still there or not read to their end.
 */
export function offsetOf(current: FileMark, previous: readonly FileMark[]): SourceOffset {
  return previous.length === 0 ? markJson(current) : { ...markJson(current), previous: previous.map(markJson) }
}

const count = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined

function readMark(json: Readonly<Record<string, Json>>): FileMark | undefined {
  const position = count(json['position'])
  if (position === undefined) return undefined
  const print = (name: string): Fingerprint => {
    const [hash, bytes] = [json[name], count(json[`${name}Bytes`])]
    return typeof hash === 'string' && bytes !== undefined && bytes <= 65_536 ? { bytes, hash } : noFingerprint
  }
  return {
    position,
    device: typeof json['device'] === 'number' ? json['device'] : -1,
    inode: typeof json['inode'] === 'number' ? json['inode'] : -1,
    head: print('head'),
    tail: print('tail'),
    finished: json['finished'] === true,
  }
}

/** The topic's partition that the path was given, if it was given one. */
export const topicPartitionOf = (offset: SourceOffset): number | undefined => count(offset['topicPartition'])

/** The marks of a stored offset, oldest first; what cannot be read is left out. */
export function marksOf(offset: SourceOffset): FileMark[] {
  const previous = Array.isArray(offset['previous']) ? (offset['previous'] as readonly Json[]) : []
  return [...previous, offset].flatMap((each) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return []
    const mark = readMark(each as Readonly<Record<string, Json>>)
    return mark ? [mark] : []
  })
}
