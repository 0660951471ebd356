import type { SourceOffset, SourcePartition } from '../../api/records.ts'
import type { OffsetChange } from './offset-store.ts'

/*
 * The offsets file of a Java worker is a serialized HashMap of byte arrays:
 *   ac ed 00 05 · object of class java.util.HashMap · block of 8 bytes: capacity, size (int32 each) · entries · 78
 * An entry is two arrays, 75 <class> <int32 length> <bytes>, where <class> is a description the first time and
 * 71 <int32 handle> after that. Only arrays occur, so finding their starts is enough to read it.
 */
const blockOfEight = Buffer.from([0x77, 0x08])
const byteArrayClass = Buffer.from('[B', 'latin1')

/** Reads the offsets that a Java worker stored in its file. Throws a RangeError when the bytes are something else. */
export function readJavaOffsets(bytes: Buffer): OffsetChange[] {
  const block = bytes.indexOf(blockOfEight)
  if (!bytes.includes('java.util.HashMap') || block < 0) throw new RangeError('not a serialized HashMap')
  const count = bytes.readInt32BE(block + 6)
  let at = block + 10
  const array = (): Buffer => {
    if (bytes[at] !== 0x75) throw new RangeError(`no array at byte ${at}`)
    if (bytes[at + 1] === 0x71) at += 6
    else at = endOfClass(bytes, at + 1)
    const length = bytes.readInt32BE(at)
    const content = bytes.subarray(at + 4, at + 4 + length)
    if (content.length < length) throw new RangeError('it ends too early')
    at += 4 + length
    return content
  }
  const changes: OffsetChange[] = []
  for (let i = 0; i < count; i++) {
    const [connector, partition] = JSON.parse(array().toString('utf8')) as [string, SourcePartition]
    changes.push({ connector, partition, offset: JSON.parse(array().toString('utf8')) as SourceOffset | null })
  }
  return changes
}

/** After 72 <name> <uid 8> <flags 1> <field count 2> 78 <super: 70>. */
function endOfClass(bytes: Buffer, at: number): number {
  const name = bytes.indexOf(byteArrayClass, at)
  if (bytes[at] !== 0x72 || name !== at + 3) throw new RangeError(`no class of byte arrays at byte ${at}`)
  return name + byteArrayClass.length + 8 + 1 + 2 + 2
}
