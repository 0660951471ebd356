import { connectErrors } from '../errors.ts'

/** Text to bytes and back, malformed input replaced as Java replaces it: `?` on the way out, U+FFFD on the way in. */
export interface Charset {
  readonly encode: (text: string) => Buffer
  readonly decode: (bytes: Buffer) => string
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const replacement = Buffer.from('\ufffd')

const utf8: Charset = {
  encode(text) {
    const bytes = Buffer.from(text, 'utf8')
    // Node writes U+FFFD for half a pair; only then is a second look needed.
    return bytes.includes(replacement) ? Buffer.from(text.replace(loneSurrogate, '?'), 'utf8') : bytes
  },
  decode: (bytes) => bytes.toString('utf8'),
}

const narrow = (most: number): Charset => ({
  // A pair is one character and so one question mark.
  encode: (text) =>
    Buffer.from(
      text.replace(/[\s\S]/gu, (char) => (char.codePointAt(0)! > most ? '?' : char)),
      'latin1',
    ),
  decode: (bytes) =>
    most > 127 ? bytes.toString('latin1') : bytes.toString('latin1').replace(/[\x80-\xff]/g, '\ufffd'),
})

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16()

function utf16(bigEndian: boolean, mark: boolean): Charset {
  return {
    encode(text) {
      const bytes = Buffer.from((mark ? '\ufeff' : '') + text.replace(loneSurrogate, '\ufffd'), 'utf16le')
      return bigEndian ? bytes.swap16() : bytes
    },
    decode(bytes) {
      const even = bytes.subarray(0, bytes.length & ~1)
      const little = mark && even.length > 1 ? even.readUInt16BE() === 0xfffe : !bigEndian
      const text = (little ? even : swapped(even)).toString('utf16le')
      const body = mark && text.startsWith('\ufeff') ? text.slice(1) : text
      return body.replace(loneSurrogate, '\ufffd') + (even.length < bytes.length ? '\ufffd' : '')
    },
  }
}

const charsets: Readonly<Record<string, Charset>> = {
  'utf-8': utf8,
  utf8,
  'iso-8859-1': narrow(255),
  latin1: narrow(255),
  'us-ascii': narrow(127),
  ascii: narrow(127),
  'utf-16': utf16(true, true),
  'utf-16be': utf16(true, false),
  'utf-16le': utf16(false, false),
}

/** The charset that Java knows by this name; throws ENCODING_UNKNOWN. */
export function charset(name: string): Charset {
  const found = charsets[name.toLowerCase()]
  if (!found) throw connectErrors.ENCODING_UNKNOWN({ encoding: name })
  return found
}
