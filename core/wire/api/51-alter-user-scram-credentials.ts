import { type Decoded, type Encodable, api, bytes, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * AlterUserScramCredentials: sets and removes SCRAM credentials of users. The client salts the password itself.
 */
export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    /** Credentials to remove. */
    deletions: structs({
      /** The user. */
      name: string(),
      /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
      mechanism: int8(),
    }),
    /** Credentials to set. */
    upsertions: structs({
      /** The user. */
      name: string(),
      /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
      mechanism: int8(),
      /** How often the password was hashed; at least 4096. */
      iterations: int32(),
      /** Random bytes that the client chose. */
      salt: bytes(),
      /** The password, salted and hashed. */
      saltedPassword: bytes(),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** By user. */
    results: structs({
      /** The user. */
      user: string(),
      /** 0 when all is well. */
      errorCode: int16(),
      /** What went wrong, in words. */
      errorMessage: string({ nullable: '0+' }),
    }),
  },
})

export type AlterUserScramCredentialsRequest = Decoded<typeof alterUserScramCredentials.request>
export type AlterUserScramCredentialsRequestInput = Encodable<typeof alterUserScramCredentials.request>
export type AlterUserScramCredentialsResponse = Decoded<typeof alterUserScramCredentials.response>
export type AlterUserScramCredentialsResponseInput = Encodable<typeof alterUserScramCredentials.response>
