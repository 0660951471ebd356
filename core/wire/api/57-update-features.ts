import { type Decoded, type Encodable, api, bool, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * UpdateFeatures: finalizes levels of features for the whole cluster.
 *
 * 1: upgradeType and validateOnly · 2: no results by feature any more; one error for all.
 */
export const updateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexible: '0+',
  request: {
    /** How long the controller may take. */
    timeoutMs: int32({ default: 60000 }),
    /** The levels to finalize. */
    featureUpdates: structs({
      /** The feature. */
      feature: string(),
      /** The level; below 1 to remove the feature. */
      maxVersionLevel: int16(),
      /** Version 0: the level may go down. */
      allowDowngrade: bool({ versions: '0' }),
      /** 1: only up; 2: down where nothing is lost; 3: down at any cost. */
      upgradeType: int8({ versions: '1+', default: 1 }),
    }),
    /** True to check and change nothing. */
    validateOnly: bool({ versions: '1+', default: false }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** Of the request as a whole. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** By feature. */
    results: structs({
      /** The feature. */
      feature: string(),
      /** 0 when all is well. */
      errorCode: int16(),
      /** What went wrong, in words. */
      errorMessage: string({ nullable: '0+' }),
    }).with({ versions: '0-1', ignorable: true }),
  },
})

export type UpdateFeaturesRequest = Decoded<typeof updateFeatures.request>
export type UpdateFeaturesRequestInput = Encodable<typeof updateFeatures.request>
export type UpdateFeaturesResponse = Decoded<typeof updateFeatures.response>
export type UpdateFeaturesResponseInput = Encodable<typeof updateFeatures.response>
