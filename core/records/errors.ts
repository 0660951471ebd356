import { errorTable } from '#core/errors/table.ts'

/** What can be wrong with record batches; a broker answers CORRUPT_MESSAGE, INVALID_RECORD or UNSUPPORTED_COMPRESSION_TYPE. */
export const recordErrors = errorTable({
  RECORDS_CORRUPT: {
    retry: 'never',
    message: 'record batch at offset {offset} cannot be read: {problem}',
    hint: 'The bytes were damaged or are not a version 2 record batch; read past this offset to go on.',
  },
  RECORDS_COMPRESSION_INVALID: {
    retry: 'never',
    message: '{codec} data cannot be decompressed: {problem}',
  },
  RECORDS_TOO_LARGE: {
    retry: 'never',
    message: '{codec} data of {size} bytes unpacks to more than the {limit} bytes that are allowed',
    hint: 'Raise the limit if the batch is trusted; a tiny batch that unpacks to gigabytes is an attack.',
  },
  RECORDS_CODEC_UNKNOWN: {
    retry: 'never',
    message: 'compression codec {codec} is not known',
    hint: 'Known codecs: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  },
  RECORDS_CODEC_MISSING: {
    retry: 'never',
    message: 'compression {codec} is not available on this platform',
    hint: 'Install the native package for this platform, or use another compression type.',
  },
})
