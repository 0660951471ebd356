import { type Metrics, defineMetrics } from '#core/telemetry/metrics.ts'

/** What a broker counts. */
export const brokerMetrics = defineMetrics({
  broker_requests_total: { kind: 'counter', help: 'Requests taken.' },
  broker_request_bytes_total: { kind: 'counter', help: 'Bytes of requests taken, without their size fields.' },
  broker_produced_bytes_total: { kind: 'counter', help: 'Bytes of record batches that clients sent.' },
  broker_fetched_bytes_total: { kind: 'counter', help: 'Bytes of record batches that clients got.' },
  broker_connections_opened_total: { kind: 'counter', help: 'Connections accepted.' },
  broker_connections_refused_total: { kind: 'counter', help: 'Connections refused because a bound was reached.' },
  broker_connections_dropped_total: {
    kind: 'counter',
    help: 'Connections closed by the broker because of what the client did.',
  },
  broker_authentications_total: { kind: 'counter', help: 'Clients that proved who they are.' },
  broker_authentication_failures_total: { kind: 'counter', help: 'Clients that could not prove who they are.' },
  broker_throttled_requests_total: { kind: 'counter', help: 'Requests whose clients were made to pause by a quota.' },
  broker_throttle_ms_total: { kind: 'counter', help: 'Milliseconds for which quotas made clients pause.' },
  broker_connections: { kind: 'gauge', help: 'Connections open now.' },
})

/** The counters and gauges of one broker. */
export type BrokerMetrics = ReturnType<typeof brokerMetrics> & Metrics
