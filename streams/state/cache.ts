/** Memory for updates that are not handed on yet; shared by the stores of a worker. */
export class RecordCache {
  readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }
}
