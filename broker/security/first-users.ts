import { configErrors } from '#core/config/define.ts'
import type { Random } from '#core/ports/random.ts'
import {
  type ScramName,
  isScram,
  saltedPassword,
  scramCredential,
  scramIterations,
  scramMechanisms,
} from '#core/security/scram.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import type { ScramCredentials } from './scram-credentials.ts'

const saltBytes = 26

/** A user to make, by the record that makes him. */
export type FirstUser = Extract<MetadataRecordInput, { readonly kind: 'userScramCredential' }>

/** Those users that have no such credential yet: who has changed his password keeps it. */
export const missingUsers = (users: readonly FirstUser[], credentials: ScramCredentials): FirstUser[] =>
  users.filter(({ value }) => credentials.get(value.mechanism, value.name) === undefined)

/** Reads several users. Throws CONFIG_INVALID. */
export const firstUsers = (texts: readonly string[], random: Random): FirstUser[] =>
  texts.map((text) => firstUser(text, random))

/**
 * Reads a user in the form of kafka-storage's --add-scram, `SCRAM-SHA-256=[name=alice,password=secret]`, optionally with
 * iterations=4096 and salt=BASE64, to the record that makes him: the first user of a cluster in which only users may make
 * users. Throws CONFIG_INVALID, never with the password in it.
 */
function firstUser(text: string, random: Random): FirstUser {
  const match = /^([A-Z0-9-]+)=\[(.*)\]$/.exec(text)
  if (match === null || !isScram(match[1]!)) {
    throw invalid('expected SCRAM-SHA-256=[name=…,password=…] or SCRAM-SHA-512=[name=…,password=…]')
  }
  const mechanism = scramMechanisms[match[1] as ScramName]
  const fields = fieldsOf(match[2]!)
  const iterations = Number(fields['iterations'] ?? scramIterations.least)
  if (!(iterations >= scramIterations.least && iterations <= scramIterations.most)) {
    throw invalid(`iterations must be from ${scramIterations.least} to ${scramIterations.most}`)
  }
  const { name, password } = fields
  if (!name) throw invalid('the name is missing')
  if (!password) throw invalid('the password is missing')
  const salt = fields['salt'] === undefined ? random.bytes(saltBytes) : Buffer.from(fields['salt'], 'base64')
  if (salt.length === 0) throw invalid('the salt is empty')
  const credential = scramCredential(mechanism, saltedPassword(mechanism, password, salt, iterations), salt, iterations)
  return { kind: 'userScramCredential', version: 0, value: { name, mechanism: mechanism.type, ...credential } }
}

/** `name=value` between commas; values may stand in quotes. */
function fieldsOf(text: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [, name, quoted, plain] of text.matchAll(/([a-z]+)=(?:"([^"]*)"|([^,]*))(?:,|$)/g)) {
    fields[name!] = quoted ?? plain!
  }
  return fields
}

const invalid = (problem: string) => configErrors.CONFIG_INVALID({ what: 'SCRAM user', problems: problem })
