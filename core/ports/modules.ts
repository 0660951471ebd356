import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'

/**
 * Loads a module of the user, TypeScript included. Node strips types itself from 22.18 on; before that tsx does it. The
 * loader is registered for the whole process, so that the module shares this process's copy of the package.
 */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(resolve(file)).href
  const native = (process.features as { readonly typescript?: unknown }).typescript
  if (/\.[mc]?tsx?$/.test(file) && !native) {
    const { register } = await import('tsx/esm/api')
    register()
  }
  return (await import(url)) as Readonly<Record<string, unknown>>
}
