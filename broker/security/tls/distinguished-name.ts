import { type Der, derItem, derItems, derOid, derTags, readDer } from '#core/security/der.ts'

/** Names of attributes that Java's X500Principal prints; all others are printed as numbers. */
const keywords: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
}

/** How the string types of ASN.1 are read, by tag. */
const texts: Readonly<Record<number, (bytes: Buffer) => string>> = {
  12: (bytes) => bytes.toString('utf8'),
  19: (bytes) => bytes.toString('latin1'),
  20: (bytes) => bytes.toString('latin1'),
  22: (bytes) => bytes.toString('latin1'),
  27: (bytes) => bytes.toString('latin1'),
  30: (bytes) => Buffer.from(bytes).swap16().toString('utf16le'),
}

/**
 * The subject of a certificate (DER) in the form of RFC 2253, last part first, as Java's X500Principal.getName gives it:
 * Kafka's principals of clients with certificates look so. Throws a RangeError for bytes that are no certificate.
 */
export function subjectOf(certificate: Buffer): string {
  const fields = derItems(derItem(derItems(readDer(certificate).content), 0, derTags.sequence))
  // Version [0] is optional; serial number, algorithm, issuer and validity come before the subject.
  const subject = fields[fields[0]?.tag === derTags.context0 ? 5 : 4]
  if (subject?.tag !== derTags.sequence) throw new RangeError('the certificate has no subject')
  return derItems(subject.content)
    .map((part) => derItems(part.content).map(printAttribute).join('+'))
    .reverse()
    .join(',')
}

function printAttribute({ content }: Der): string {
  const items = derItems(content)
  const oid = derOid(derItem(items, 0, derTags.oid))
  const value = items[1]
  if (value === undefined) throw new RangeError('an attribute of the subject has no value')
  const keyword = keywords[oid]
  const text = texts[value.tag]?.(value.content)
  if (keyword === undefined || text === undefined) return `${keyword ?? oid}=#${value.whole.toString('hex')}`
  return `${keyword}=${escape(text)}`
}

/** Signs of the notation get a backslash, and so do a sharp at the start and blanks at either end. */
const escape = (text: string): string =>
  text
    .replace(/[,+=<>;"\\]/g, '\\$&')
    .replace(/^#/, '\\#')
    .replace(/^ +| +$/g, (blanks) => '\\ '.repeat(blanks.length))
