import { serdes } from 'millrace'
import { StreamsBuilder, topic } from 'millrace/streams'

const lines = topic('lines', { key: serdes.string, value: serdes.string })
const counts = topic('word-counts', { key: serdes.string, value: serdes.long })
const words = (line: string): string[] => line.toLowerCase().match(/\w+/g) ?? []

const builder = new StreamsBuilder()
builder
  .stream(lines)
  .flatMapValues(words)
  .groupBy((word) => word, { key: serdes.string, value: serdes.string, name: 'by-word' })
  .count({ store: 'counts' })
  .toStream()
  .to(counts)

export default builder.build()
