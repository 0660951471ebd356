import { serdes } from 'millrace'
import { StreamsBuilder, topic } from 'millrace/streams'

const lines = topic('lines', { key: serdes.string, value: serdes.string })
const counts = topic('word-counts', { key: serdes.string, value: serdes.long })

const builder = new StreamsBuilder()
builder
  .stream(lines)
  .flatMapValues((line) =>
    line
      .toLowerCase()
      .split(/\W+/)
      .filter((word) => word !== ''),
  )
  .groupBy((word) => word, { key: serdes.string, value: serdes.string, name: 'by-word' })
  .count({ name: 'counts' })
  .toStream()
  .to(counts)

export default builder.build()
