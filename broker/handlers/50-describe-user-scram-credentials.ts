import { describeUserScramCredentials } from '#core/wire/api/50-describe-user-scram-credentials.ts'

import { describeScram } from '../security/scram-credentials.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Tells by which SCRAM mechanisms users can log in, never with what.
 * Version 0. Kept: all users for null or none, an error of his own for a user that is named twice or has no credentials.
 * Left out: nothing.
 */
export const describeUserScramCredentialsHandler = serve(describeUserScramCredentials, {
  versions: '0',
  requires: onCluster('DESCRIBE'),
  refuse: (_, errorCode, _call, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage, results: [] }),
  handle: (node, { users }) => {
    const { scram } = node.controller.image
    const named = (users ?? []).map(({ name }) => name)
    const wanted = named.length === 0 ? scram.users() : new Set(named)
    const isTwice = (user: string) => named.indexOf(user) !== named.lastIndexOf(user)
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      results: Array.from(wanted, (user) => describeScram(scram, user, isTwice(user))),
    }
  },
})
