import { defineConfig, duration, int, list, oneOf, size, string } from '#core/config/define.ts'
import type { ConfigOf } from '#core/config/define.ts'

/** Settings of the file source. `file`, `topic` and `batch.size` are those of Kafka's FileStreamSource. */
export const fileSourceConfig = defineConfig(
  {
    file: string({
      doc: 'File, or pattern of files, to read; standard input when neither this nor files is set.',
      importance: 'high',
      example: '/var/log/app.log',
    }),
    files: list({
      doc: 'Several files or patterns: * ? [a-z] {a,b}, and ** for any folders.',
      default: [],
      importance: 'high',
    }),
    topic: string({
      doc: 'Topic that gets a record for each line.',
      required: true,
      importance: 'high',
      check: (value) => (value.trim() === '' ? 'expected the name of a topic' : undefined),
    }),
    'batch.size': int({
      doc: 'Most lines of one batch.',
      default: 2000,
      importance: 'low',
      check: (value) => (value < 1 ? 'expected at least 1' : undefined),
    }),
    mode: oneOf(
      'follow',
      'once',
    )({
      doc: 'follow waits for more, for ever; once ends when every file is read to its end.',
      default: 'follow',
      importance: 'high',
    }),
    'key.mode': oneOf(
      'auto',
      'none',
      'path',
      'name',
    )({
      doc: 'Key of a record: none, the path of its file or its name. auto is none for a single file and path for several.',
      default: 'auto',
      importance: 'medium',
    }),
    'file.partitions': int({
      doc: 'Gives each file one of this many partitions of the topic for good, in turn; 0 leaves it to the key.',
      default: 0,
      importance: 'medium',
      check: (value) => (value < 0 ? 'expected at least 0' : undefined),
    }),
    'value.type': oneOf(
      'string',
      'bytes',
    )({
      doc: 'Type that values have: string, or bytes for converters that would refuse or change what is not UTF-8.',
      default: 'string',
      importance: 'medium',
    }),
    'headers.mode': oneOf(
      'none',
      'origin',
    )({
      doc: 'origin adds the headers file.path, and file.position with the byte at which the line begins.',
      default: 'none',
      importance: 'low',
    }),
    'line.max.bytes': size({
      doc: 'A line longer than this is cut into records of this size.',
      default: 1024 ** 2,
      importance: 'low',
      check: (value) => (value < 1 || value > 2 ** 30 ? 'expected 1 B to 1 GiB' : undefined),
    }),
    'read.buffer.bytes': size({
      doc: 'Bytes read at once.',
      default: 256 * 1024,
      importance: 'low',
      check: (value) => (value < 1024 || value > 2 ** 30 ? 'expected 1 KiB to 1 GiB' : undefined),
    }),
    'poll.interval.ms': duration({
      doc: 'Pause before looking for new lines and new files again.',
      default: 250,
      importance: 'low',
    }),
    'rotation.wait.ms': duration({
      doc: 'How long a file that was renamed, replaced or removed is still watched for lines written late.',
      default: 5000,
      importance: 'low',
    }),
  },
  (config, complain) => {
    if (config.file !== undefined && config.files.length > 0) complain('files', 'set either file or files, not both')
  },
)

export type FileSourceConfig = ConfigOf<typeof fileSourceConfig>
