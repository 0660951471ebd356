import { type Decoded, type Encodable, api, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * DescribeUserScramCredentials: lists which users can authenticate by SCRAM, and with what; never a secret.
 */
export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    /** Null or none for all users. */
    users: structs({
      /** The user. */
      name: string(),
    }).with({ nullable: '0+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** Of the request as a whole. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** By user. */
    results: structs({
      /** The user. */
      user: string(),
      /** RESOURCE_NOT_FOUND for a user without credentials. */
      errorCode: int16(),
      /** What went wrong, in words. */
      errorMessage: string({ nullable: '0+' }),
      /** One for each mechanism. */
      credentialInfos: structs({
        /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
        mechanism: int8(),
        /** How often the password was hashed; at least 4096. */
        iterations: int32(),
      }),
    }),
  },
})

export type DescribeUserScramCredentialsRequest = Decoded<typeof describeUserScramCredentials.request>
export type DescribeUserScramCredentialsRequestInput = Encodable<typeof describeUserScramCredentials.request>
export type DescribeUserScramCredentialsResponse = Decoded<typeof describeUserScramCredentials.response>
export type DescribeUserScramCredentialsResponseInput = Encodable<typeof describeUserScramCredentials.response>
