import { bool, bytes, float64, int32, int8, string, structs, uuid } from '#core/wire/schema.ts'
import { metadataRecord } from './metadata-record.ts'

/** A quota has been given or taken away. */
export const clientQuotaRecord = metadataRecord({
  type: 14,
  name: 'ClientQuotaRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Whom it is about: one part, or user and client-id. */
    entity: structs({
      /** 'user', 'client-id' or 'ip'. */
      entityType: string(),
      /** Null for the default. */
      entityName: string({ nullable: '0+' }),
    }),
    /**
     * 'producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate' or
     * 'connection_creation_rate'.
     */
    key: string(),
    /** Ignored when it is taken away. */
    value: float64(),
    /** True when it is taken away. */
    remove: bool(),
  },
})

/** An access control entry has been made. */
export const accessControlEntryRecord = metadataRecord({
  type: 18,
  name: 'AccessControlEntryRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** By which it is removed. */
    id: uuid(),
    /** 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
    resourceType: int8(),
    /** The resource; '*' literally stands for all of its type. */
    resourceName: string(),
    /** 3: literal; 4: prefixed. */
    patternType: int8(),
    /** Type and name with a colon between; 'User:*' for everybody. */
    principal: string(),
    /** An address; '*' for all. */
    host: string(),
    /** As in CreateAcls. */
    operation: int8(),
    /** 1: any; 2: deny; 3: allow. */
    permissionType: int8(),
  },
})

/** An access control entry is gone. */
export const removeAccessControlEntryRecord = metadataRecord({
  type: 19,
  name: 'RemoveAccessControlEntryRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Of the entry. */
    id: uuid(),
  },
})

/** A user can authenticate by SCRAM. */
export const userScramCredentialRecord = metadataRecord({
  type: 11,
  name: 'UserScramCredentialRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The user. */
    name: string(),
    /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
    mechanism: int8(),
    /** Random bytes that the client chose. */
    salt: bytes(),
    /** By which the server checks a proof. */
    storedKey: bytes(),
    /** By which the server proves that it knows the user. */
    serverKey: bytes(),
    /** How often the password was hashed; at least 4096. */
    iterations: int32(),
  },
})

/** A SCRAM credential is gone. */
export const removeUserScramCredentialRecord = metadataRecord({
  type: 22,
  name: 'RemoveUserScramCredentialRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The user. */
    name: string(),
    /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
    mechanism: int8(),
  },
})
