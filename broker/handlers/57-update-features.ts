import { updateFeatures } from '#core/wire/api/57-update-features.ts'

import { planFeatures, upgradeTypes } from '../controller/feature-updates.ts'
import { onCluster } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { serve } from './handler.ts'

/**
 * Finalizes levels of features, all that are asked for or none.
 * Versions 0-2. Kept: checks without change, the upgrade types, what a level depends on, no way down over a metadata
 * version that changed records. Left out: nothing; a node has nobody else whose support it would have to ask for.
 */
export const updateFeaturesHandler = serve(updateFeatures, {
  versions: '0-2',
  requires: onCluster('ALTER'),
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: null, results: [] }),
  handle: async (node, request, call) => {
    try {
      const updates = request.featureUpdates.map(({ feature, maxVersionLevel, allowDowngrade, upgradeType }) => ({
        feature,
        level: maxVersionLevel,
        // Version 0 knows only whether it may go down; in both directions then, as far as nothing is lost.
        upgradeType:
          call.apiVersion === 0
            ? allowDowngrade && maxVersionLevel < node.controller.image.feature(feature)
              ? upgradeTypes.safeDowngrade
              : upgradeTypes.upgrade
            : upgradeType,
      }))
      const records = planFeatures(node.controller.image, updates, node.id)
      if (!request.validateOnly) await node.controller.commit(records)
      const results = updates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: null }))
      return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, results }
    } catch (error) {
      const errorCode = codeOf(node, 'UpdateFeatures', error)
      return { throttleTimeMs: 0, errorCode, errorMessage: messageOf(error), results: [] }
    }
  },
})
