import type { Converter, ConverterPlugin } from '../api/converter.ts'
import { connectErrors } from '../errors.ts'
import { byteArrayConverter } from './bytes.ts'
import { simpleHeaderConverter } from './header.ts'
import { jsonConverter } from './json.ts'
import { numberConverters } from './numbers.ts'
import { stringConverter } from './string.ts'

/** Every converter that comes with the package. */
export const converters: readonly ConverterPlugin[] = [
  stringConverter,
  jsonConverter,
  byteArrayConverter,
  simpleHeaderConverter,
  ...numberConverters,
]

/** Makes the converter that Connect's settings name; throws CLASS_UNKNOWN. */
export function createConverter(name: string, config: Readonly<Record<string, string>>, isKey: boolean): Converter {
  const plugin = converters.find((each) => each.names.includes(name))
  if (!plugin) {
    throw connectErrors.CLASS_UNKNOWN({
      kind: 'converter',
      name,
      known: converters.map((each) => each.names[0]).join(', '),
    })
  }
  return plugin.create(config, isKey)
}
