/** The bundled broker, as `millrace/broker` exports it. */
export { startBroker } from './start.ts'
export type { Broker, BrokerOptions, BrokerPorts } from './start.ts'
export { brokerErrors } from './errors.ts'
