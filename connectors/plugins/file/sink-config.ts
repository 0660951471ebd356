import { boolean, defineConfig, duration, size, string } from '#core/config/define.ts'
import type { ConfigOf } from '#core/config/define.ts'

/** Settings of the file sink. `file` is that of Kafka's FileStreamSink. */
export const fileSinkConfig = defineConfig({
  file: string({ doc: 'File that gets a line for each record; standard output when not set.', importance: 'high' }),
  'file.max.bytes': size({
    doc: 'Before the file grows past this it is put aside under a numbered name, and a new one begun.',
    importance: 'medium',
    check: (value) => (value < 1 ? 'expected at least 1' : undefined),
  }),
  'file.max.age.ms': duration({
    doc: 'A file this old, counted from its first line, is put aside likewise; looked at with each put and each commit.',
    importance: 'medium',
    check: (value) => (value < 1 ? 'expected at least 1' : undefined),
  }),
  'file.sync': boolean({
    doc: 'Force lines to the disk before their offsets count. Without it a power failure may lose some; a crash does not.',
    default: true,
    importance: 'low',
  }),
})

export type FileSinkConfig = ConfigOf<typeof fileSinkConfig>
