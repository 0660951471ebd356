/** Writes the golden file anew: `npx tsx --conditions=source test/golden/wire/update.ts`. Needs Apache Kafka's jars and a JVM. */
import { writeFileSync } from 'node:fs'

import { javaBytes, javaJson } from '../../support/java-messages.ts'
import { goldenCases, goldenFile } from '../../support/wire-golden.ts'

const cases = goldenCases()
const bytes = javaBytes(cases)
const lines = cases.map(({ message, version, value }, index) =>
  [message.name, `v${version}`, bytes[index], javaJson(message.fields, value)].join(' '),
)
const head = `# Bytes written by the classes of Apache Kafka 4.3.1 through test/interop/java/WireBytes.java.
# A case a line: message, version, bytes, the value in Kafka's JSON. Not edited by hand: update.ts asks Java again.
`
writeFileSync(goldenFile, `${head}${lines.join('\n')}\n`)
console.log(`${cases.length} cases`)
