/**
 * Turns values into bytes and back. `null` never reaches a serde: a null key or value stays null on the wire.
 * `deserialize` must not keep the buffer it is given.
 */
export interface Serde<T> {
  serialize(value: T, topic?: string): Buffer
  deserialize(bytes: Buffer, topic?: string): T
}

/** Values of a serde, for inference. */
export type SerdeValue<S> = S extends Serde<infer T> ? T : never
