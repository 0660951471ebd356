/** Where a reader wants bytes to be put, so that it can use the memory again when it is done with them. */
export interface ReadMemory {
  /** A buffer of exactly `size` bytes. */
  take(size: number): Buffer
}
