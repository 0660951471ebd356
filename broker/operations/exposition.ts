import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'

import { type Measured, type MetricRow, metricTable } from './metric-table.ts'

/** Metrics of the process, with the delay of its event loop: shared by all brokers in it, collected from the first use on. */
let ofProcess: Registry | undefined

function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/** The text that Prometheus reads, and its content type. */
export interface Exposition {
  readonly contentType: string
  text(): Promise<string>
}

/** The metrics of a broker and of its process; values are read when somebody asks. */
export function exposition(measured: Measured): Exposition {
  const registry = new Registry()
  for (const row of metricTable) register(row, measured, registry)
  const all = Registry.merge([processRegistry(), registry])
  return { contentType: all.contentType, text: () => all.metrics() }
}

function register(row: MetricRow, measured: Measured, registry: Registry): void {
  const { name, help, kind, labels = [], read } = row
  const options = { name, help, labelNames: [...labels], registers: [registry] }
  if (kind === 'gauge') {
    new Gauge({
      ...options,
      collect() {
        this.reset()
        for (const [labels, value] of read(measured)) this.set(labels, value)
      },
    })
    return
  }
  new Counter({
    ...options,
    collect() {
      this.reset()
      for (const [labels, value] of read(measured)) this.inc(labels, value)
    },
  })
}
