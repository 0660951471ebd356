/** Who a client is, as far as it has proved it. Kafka prints it as `type:name`. */
export interface Principal {
  readonly type: string
  readonly name: string
}

/** A client that has proved nothing. */
export const anonymous: Principal = { type: 'User', name: 'ANONYMOUS' }

/** A user by name. */
export const user = (name: string): Principal => ({ type: 'User', name })
