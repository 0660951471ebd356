/**
 * What Kafka Streams writes into the metadata of a committed offset: base64 of a version byte (2), the partition's time
 * (int64) and, if there are any, a count and (length, name, int64) of processor times: how far windows were closed.
 */
export interface CommittedTime {
  /** Largest timestamp taken from the partition, -1 if unknown. */
  readonly partitionTime: number
  /** By store name: windows that ended up to this time were emitted. */
  readonly closed: ReadonlyMap<string, number>
}

const version = 2

export function encodePartitionTime({ partitionTime, closed }: CommittedTime): string {
  const names = [...closed].map(([name, time]) => ({ name: Buffer.from(name), time }))
  const length = 9 + (names.length === 0 ? 0 : 4 + names.reduce((sum, { name }) => sum + 12 + name.length, 0))
  const bytes = Buffer.alloc(length)
  let at = bytes.writeUInt8(version)
  at = bytes.writeBigInt64BE(BigInt(partitionTime), at)
  if (names.length > 0) at = bytes.writeInt32BE(names.length, at)
  for (const { name, time } of names) {
    at = bytes.writeInt32BE(name.length, at)
    at += name.copy(bytes, at)
    at = bytes.writeBigInt64BE(BigInt(time), at)
  }
  return bytes.toString('base64')
}

/** Reads it back. Anything else than what Kafka or this writes is taken as nothing known. */
export function decodePartitionTime(metadata: string): CommittedTime {
  const closed = new Map<string, number>()
  const unknown = { partitionTime: -1, closed }
  const bytes = Buffer.from(metadata, 'base64')
  if (bytes.length < 9 || (bytes[0] !== 1 && bytes[0] !== version)) return unknown
  const partitionTime = Number(bytes.readBigInt64BE(1))
  let at = 9
  const count = bytes[0] === version && bytes.length >= 13 ? bytes.readInt32BE(at) : 0
  at += 4
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) return unknown
    const length = bytes.readInt32BE(at)
    at += 4
    if (length < 0 || at + length + 8 > bytes.length) return unknown
    closed.set(bytes.toString('utf8', at, at + length), Number(bytes.readBigInt64BE(at + length)))
    at += length + 8
  }
  return { partitionTime, closed }
}
