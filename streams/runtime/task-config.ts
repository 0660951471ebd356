/** Settings that a task reads, under Kafka Streams' names; a `StreamsConfig` is one. */
export interface TaskConfig {
  readonly 'application.id': string
  readonly 'statestore.cache.max.bytes'?: number
  readonly 'processing.exception.handler'?: 'fail' | 'continue'
  readonly 'deserialization.exception.handler'?: 'fail' | 'continue'
  /** Topic for the raw records of which the processing failed. */
  readonly 'errors.dead.letter.queue.topic.name'?: string | undefined
  /** Shortest wall-clock pause between two releases of final results; Kafka's internal default is 1000. */
  readonly 'emit.interval.ms'?: number
}
