import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { filesBelow, importsOf, projectRoot } from '../support/sources.ts'

const rooms = ['core', 'broker', 'streams', 'connectors'] as const
type Room = (typeof rooms)[number]

/** npm packages per place; the longest matching folder counts. Everything else is refused. */
const packages: Record<string, readonly string[]> = {
  'core/records/compression': ['snappy', 'lz4-napi', '@toondepauw/node-zstd'],
  'core/bytes': ['@node-rs/crc32'],
  'core/client/kafkajs': ['kafkajs'],
  'broker/operations': ['pino', 'prom-client'],
  'broker/coordinator': ['re2js'],
  'broker/security/sasl': ['jose'],
  'core/ports/modules.ts': ['tsx'],
  streams: ['rxjs', 'sorted-btree'],
  'broker/commands': ['commander', 'cli-table3', 'cli-progress'],
  'millrace.ts': ['commander'],
  'examples/broker-in-tests': ['kafkajs', 'vitest'],
  examples: ['rxjs', 'kafkajs', 'zod', 'cli-progress', 'cli-table3'],
}

/** Inside a room arrows point one way: each folder may import only those named after it (and itself). */
const arrows: Record<string, readonly string[]> = {
  'core/bytes': ['core/ports'],
  'core/errors': ['core/ports'],
  'core/config': ['core/errors'],
  'core/serde': ['core/errors'],
  'core/security': ['core/config', 'core/errors'],
  'core/records': ['core/bytes', 'core/errors'],
  'core/wire': ['core/bytes', 'core/errors', 'core/records'],
  'core/client': [
    'core/bytes',
    'core/config',
    'core/errors',
    'core/ports',
    'core/records',
    'core/security',
    'core/telemetry',
    'core/wire',
  ],
  'core/pipeline': ['core/client', 'core/errors', 'core/ports', 'core/telemetry'],
  'broker/network': ['broker/errors.ts', 'broker/security/principal.ts', 'broker/security/protocol.ts'],
  'broker/log': ['broker/errors.ts'],
  'broker/coordinator': [],
  'broker/authorizer': [],
  'broker/quota': [],
  'broker/operations': [
    'broker/controller',
    'broker/coordinator',
    'broker/log',
    'broker/replication',
    'broker/events.ts',
  ],
  'broker/settings': [],
  'broker/commands': ['broker/log'],
  'broker/replication': ['broker/log', 'broker/errors.ts'],
  'broker/controller': [
    'broker/authorizer',
    'broker/log',
    'broker/quota',
    'broker/security',
    'broker/settings',
    'broker/config.ts',
    'broker/errors.ts',
  ],
  'broker/security': ['broker/network', 'broker/errors.ts'],
  'broker/handlers': [
    'broker/authorizer',
    'broker/controller',
    'broker/coordinator',
    'broker/log',
    'broker/network',
    'broker/operations',
    'broker/quota',
    'broker/replication',
    'broker/security',
    'broker/node.ts',
  ],
  'streams/state': ['streams/errors.ts', 'streams/record.ts'],
  'streams/operators': ['streams/state', 'streams/errors.ts', 'streams/record.ts'],
  'streams/topology': ['streams/operators', 'streams/state', 'streams/errors.ts', 'streams/record.ts'],
  'streams/dsl': ['streams/topology', 'streams/operators', 'streams/state', 'streams/errors.ts', 'streams/record.ts'],
  'streams/runtime': [
    'streams/topology',
    'streams/operators',
    'streams/state',
    'streams/config.ts',
    'streams/errors.ts',
    'streams/record.ts',
  ],
  'connectors/api': [],
  'connectors/converters': ['connectors/api', 'connectors/errors.ts'],
  'connectors/plugins': ['connectors/api', 'connectors/errors.ts'],
  'connectors/runtime': ['connectors/api', 'connectors/converters', 'connectors/plugins', 'connectors/errors.ts'],
}

const roomFiles = filesBelow(rooms)
const exampleFiles = filesBelow(['examples'])
const roomOf = (file: string): Room | undefined => rooms.find((room) => file.startsWith(`${room}/`))
const longest = <T>(table: Record<string, T>, file: string): T | undefined =>
  Object.entries(table)
    .filter(([place]) => file === place || file.startsWith(`${place}/`))
    .sort(([a], [b]) => b.length - a.length)[0]?.[1]
const builtin = (specifier: string): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0]!)
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('boundaries', () => {
  it('rooms stand on core and never import one another', () => {
    const faults = roomFiles.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target !== undefined && roomOf(target) !== roomOf(file) && roomOf(target) !== 'core')
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`),
    )
    expect(faults).toEqual([])
  })

  it('core is reached through #core only', () => {
    const faults = roomFiles.flatMap((file) =>
      importsOf(file)
        .filter(
          ({ target, specifier }) =>
            target?.startsWith('core/') && !specifier.startsWith('#core/') && roomOf(file) !== 'core',
        )
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`),
    )
    expect(faults).toEqual([])
  })

  it('arrows inside a room point one way', () => {
    const faults = roomFiles.flatMap((file) => {
      const place = Object.keys(arrows).find((folder) => file.startsWith(`${folder}/`))
      if (place === undefined) return []
      return importsOf(file)
        .filter(({ target }) => target !== undefined && roomOf(target) === roomOf(file))
        .filter(({ target }) => ![place, ...arrows[place]!].some((to) => target === to || target!.startsWith(`${to}/`)))
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`)
    })
    expect(faults).toEqual([])
  })

  it('npm packages are imported only where they belong', () => {
    const faults = [...roomFiles, 'millrace.ts'].flatMap((file) =>
      importsOf(file)
        .filter(({ target, specifier }) => target === undefined && !builtin(specifier))
        .filter(({ specifier }) => !(longest(packages, file) ?? []).includes(packageOf(specifier)))
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`),
    )
    expect(faults).toEqual([])
  })

  it('examples see only what a user of the package sees', () => {
    const faults = exampleFiles.flatMap((file) =>
      importsOf(file)
        .filter(({ target, specifier }) => !(target?.startsWith('examples/') || builtin(specifier)))
        .filter(
          ({ specifier }) =>
            packageOf(specifier) !== 'millrace' && !longest(packages, file)!.includes(packageOf(specifier)),
        )
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`),
    )
    expect(faults).toEqual([])
  })

  it('imports name files that exist', () => {
    const faults = [...roomFiles, ...exampleFiles, 'millrace.ts'].flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target !== undefined && !existsSync(join(projectRoot, target)))
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}`),
    )
    expect(faults).toEqual([])
  })

  it('no file imports itself through others', () => {
    // Type-only imports vanish when compiled, so they cannot make a load-time cycle.
    const graph = new Map(
      roomFiles.map((file) => [
        file,
        importsOf(file)
          .filter((edge) => !edge.typeOnly && edge.target)
          .map((edge) => edge.target!),
      ]),
    )
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
        return
      }
      state.set(file, 'open')
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      state.set(file, 'done')
    }
    for (const file of roomFiles) visit(file, [])
    expect(cycles).toEqual([])
  })

  it('no file is dead', () => {
    const roots = [
      'millrace.ts',
      'core/index.ts',
      'broker/index.ts',
      'streams/index.ts',
      'streams/testing/index.ts',
      'connectors/index.ts',
      'connectors/testing/index.ts',
    ]
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const { target } of importsOf(file)) if (target) visit(target)
    }
    for (const root of roots) visit(root)
    expect(roomFiles.filter((file) => !reached.has(file))).toEqual([])
  })
})
