import type { RequestContext } from '../coordinator/ports.ts'
import type { Call } from './handler.ts'

/** What the group coordinator wants to know of a request beside its body. */
export const groupContext = (call: Call<never>): RequestContext => ({
  apiVersion: call.apiVersion,
  clientId: call.clientId,
  clientHost: call.client.clientHost,
})
