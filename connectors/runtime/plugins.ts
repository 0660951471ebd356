import { loadModule } from '#core/ports/modules.ts'

import type { AnyConnector } from '../api/connector.ts'
import { connectErrors } from '../errors.ts'
import { fileSink } from '../plugins/file/sink.ts'
import { fileSource } from '../plugins/file/source.ts'

/** The connectors that come with the package. */
export const bundledConnectors: readonly AnyConnector[] = [fileSource, fileSink]

/** The connectors of a worker, by every name they have. */
export class PluginRegistry {
  readonly #connectors: readonly AnyConnector[]

  constructor(connectors: readonly AnyConnector[]) {
    this.#connectors = connectors
  }

  /** The bundled ones, those given, and those that the modules of plugin.path export. */
  static async load(given: readonly AnyConnector[], modules: readonly string[]): Promise<PluginRegistry> {
    const found: AnyConnector[] = []
    // Java's plugin.path names folders and jars; they are no use here.
    for (const module of modules.filter((each) => /\.[mc]?[jt]s$/.test(each))) {
      try {
        found.push(...Object.values(await loadModule(module)).filter(isConnector))
      } catch (cause) {
        throw connectErrors.FILE_UNREADABLE({ file: module, problem: (cause as Error).message }, cause)
      }
    }
    return new PluginRegistry([...given, ...found, ...bundledConnectors])
  }

  /** Throws CLASS_UNKNOWN, which lists those known. */
  find(name: string): AnyConnector {
    const plugin = this.#connectors.find((each) => each.names.includes(name))
    if (plugin) return plugin
    const known = this.#connectors.map((each) => each.names.slice(0, 2).join(' or ')).join(', ')
    throw connectErrors.CLASS_UNKNOWN({ kind: 'connector', name, known })
  }
}

function isConnector(value: unknown): value is AnyConnector {
  if (typeof value !== 'object' || value === null) return false
  const { kind, names, createTask } = value as Partial<AnyConnector>
  return (kind === 'source' || kind === 'sink') && Array.isArray(names) && typeof createTask === 'function'
}
