import { gunzipSync, gzipSync } from 'node:zlib'

import { unpackWithin, type Codec } from '#core/records/compression/codec.ts'

export const gzip: Codec = {
  compress: (bytes, level) => gzipSync(bytes, level === undefined ? {} : { level }),
  decompress: (bytes, maxBytes) =>
    unpackWithin('gzip', bytes, maxBytes, (maxOutputLength) => gunzipSync(bytes, { maxOutputLength })),
}
