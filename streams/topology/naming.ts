import { streamsErrors } from '../errors.ts'

const digits = (index: number): string => String(index).padStart(10, '0')

/**
 * Automatic names, equal to Kafka's: one counter for processors and stores, used up by every call of the DSL, even by
 * those that name themselves, so that adding a name somewhere leaves all other names as they are.
 */
export class Naming {
  #next = 0

  /** `PREFIX-0000000007` */
  processor(prefix: string): string {
    return prefix + digits(this.#next++)
  }

  /** `PREFIX-STATE-STORE-0000000007` */
  store(prefix: string): string {
    return `${prefix}STATE-STORE-${digits(this.#next++)}`
  }

  /** The given name with the suffix, or an automatic one. */
  named(name: string | undefined, prefix: string, suffix = ''): string {
    const automatic = this.processor(prefix)
    return name === undefined ? automatic : checkName(name + suffix)
  }
}

/** Returns the name if it may become part of a topic name. Throws NAME_INVALID. */
export function checkName(name: string): string {
  const problem =
    name === ''
      ? 'it is empty'
      : name === '.' || name === '..'
        ? 'it means a directory'
        : name.length > 249
          ? 'it has more than 249 characters'
          : /^[A-Za-z0-9._-]+$/.test(name)
            ? undefined
            : 'it has other characters'
  if (problem !== undefined) throw streamsErrors.NAME_INVALID({ name, problem })
  return name
}

/** True for names such as `KSTREAM-MAP-0000000001`, which say nothing that a topic could be named after. */
export const isAutomaticStreamName = (name: string): boolean => /^KSTREAM.*-[0-9]{10}$/.test(name)
