import { expect, it } from 'vitest'

import { damageRuns } from '../../support/damage-runs.ts'

it('directories with random damage are served as far as they are whole, or name the file', async () => {
  const figures = await damageRuns(300, Number(process.env['DAMAGE_SEED'] ?? 1), () => {})
  expect(figures.problems).toEqual([])
  expect(figures.batches).toBeGreaterThan(300)
  expect(figures.unreadable + figures.reported + figures.refused).toBeGreaterThan(0)
})
