import { defineConfig } from 'vitest/config'

// Everything runs from source: the condition makes `#core/…` and `millrace/…` resolve to the .ts files.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'test/bench/**'],
    pool: 'forks',
    // One process for many files: starting one for each costs more than the tests themselves.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
