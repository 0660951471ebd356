import { alterUserScramCredentials } from '#core/wire/api/51-alter-user-scram-credentials.ts'

import { planScramChanges } from '../security/scram-credentials.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Gives users SCRAM credentials or takes them away. The client has salted the password: it is never seen here.
 * Version 0. Kept: 4096 to 16384 iterations, no user twice in a request, each user by itself. Left out: nothing.
 */
export const alterUserScramCredentialsHandler = serve(alterUserScramCredentials, {
  versions: '0',
  requires: onCluster('ALTER'),
  refuse: ({ deletions, upsertions }, errorCode, _call, errorMessage) => ({
    throttleTimeMs: 0,
    results: Array.from(new Set([...deletions, ...upsertions].map(({ name }) => name)), (user) => {
      return { user, errorCode, errorMessage }
    }),
  }),
  handle: async (node, request) => {
    const { image } = node.controller
    const { records, results } = planScramChanges(image.scram, request, image.feature('metadata.version'))
    await node.controller.commit(records)
    return { throttleTimeMs: 0, results }
  },
})
