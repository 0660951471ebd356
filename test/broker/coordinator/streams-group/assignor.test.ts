import { describe, expect, it } from 'vitest'

import { seededRandom } from '#core/ports/random.ts'
import { type MemberSpec, assignSticky } from '../../../../broker/coordinator/streams-group/assignor/sticky.ts'
import { type TargetTasks, noTargetTasks } from '../../../../broker/coordinator/streams-group/tasks.ts'

const random = seededRandom(5)
const whole = (most: number): number => Math.floor(random.next() * (most + 1))

const keysOf = (tasks: TargetTasks['active']): string[] =>
  [...tasks].flatMap(([id, partitions]) => Array.from(partitions, (partition) => `${id}_${partition}`)).toSorted()

interface Group {
  readonly members: Map<string, MemberSpec>
  readonly subtopologies: Map<string, { tasks: number; isStateful: boolean }>
  readonly standby: number
}

function randomGroup(): Group {
  const subtopologies = new Map(
    Array.from({ length: 1 + whole(3) }, (_, i) => [String(i), { tasks: 1 + whole(9), isStateful: whole(2) > 0 }]),
  )
  const processes = 1 + whole(4)
  const members = new Map(
    Array.from({ length: 1 + whole(8) }, (_, i) => [
      `m${i}`,
      { processId: `p${whole(processes)}`, target: noTargetTasks },
    ]),
  )
  return { members, subtopologies, standby: whole(2) }
}

const assign = ({ members, subtopologies, standby }: Group): Map<string, TargetTasks> =>
  assignSticky(members, subtopologies, standby)

const withTargets = (group: Group, targets: ReadonlyMap<string, TargetTasks>): Group => ({
  ...group,
  members: new Map(
    Array.from(group.members, ([id, { processId }]) => [id, { processId, target: targets.get(id) ?? noTargetTasks }]),
  ),
})

describe('the sticky assignor', () => {
  const groups = Array.from({ length: 200 }, randomGroup)

  it('gives every active task to one member', () => {
    for (const group of groups) {
      const all = [...group.subtopologies].flatMap(([id, { tasks }]) =>
        Array.from({ length: tasks }, (_, i) => `${id}_${i}`),
      )
      const given = [...assign(group).values()].flatMap(({ active }) => keysOf(active))
      expect(given.toSorted()).toEqual(all.toSorted())
    }
  })

  it('gives copies of stateful tasks to other processes only, as many as there are processes for', () => {
    for (const group of groups) {
      const homes = new Map<string, string[]>()
      for (const [id, { active, standby }] of assign(group)) {
        const { processId } = group.members.get(id)!
        for (const key of [...keysOf(active), ...keysOf(standby)])
          homes.set(key, [...(homes.get(key) ?? []), processId])
      }
      const processes = new Set(Array.from(group.members.values(), ({ processId }) => processId)).size
      for (const [key, places] of homes) {
        const { isStateful } = group.subtopologies.get(key.split('_')[0]!)!
        expect(new Set(places).size).toBe(places.length)
        expect(places.length).toBe(isStateful ? Math.min(1 + group.standby, processes) : 1)
      }
    }
  })

  it('changes nothing when nothing changed', () => {
    for (const group of groups.filter(({ standby }) => standby === 0)) {
      const targets = assign(group)
      expect(assign(withTargets(group, targets))).toEqual(targets)
    }
  })

  it('moves no more than a new member needs', () => {
    for (const group of groups) {
      const alone = { ...group, standby: 0 }
      const targets = assign(alone)
      const grown = withTargets(alone, targets)
      grown.members.set('new', { processId: 'new', target: noTargetTasks })
      const next = assign(grown)
      const total = [...group.subtopologies.values()].reduce((sum, { tasks }) => sum + tasks, 0)
      const share = Math.ceil(total / grown.members.size)
      for (const [id, { active }] of targets) {
        const [before, after] = [keysOf(active), keysOf(next.get(id)!.active)]
        const kept = before.filter((key) => after.includes(key)).length
        expect(kept).toBeGreaterThanOrEqual(Math.min(before.length, share - 1))
      }
    }
  })

  it('lets a copy take over when the one who ran the task is gone', () => {
    const subtopologies = new Map([['0', { tasks: 2, isStateful: true }]])
    const members = new Map([
      ['a', { processId: 'a', target: { ...noTargetTasks, active: new Map([['0', new Set([0])]]) } }],
      ['b', { processId: 'b', target: noTargetTasks }],
      ['c', { processId: 'c', target: { ...noTargetTasks, standby: new Map([['0', new Set([1])]]) } }],
    ])
    const targets = assignSticky(members, subtopologies, 1)
    expect(keysOf(targets.get('a')!.active)).toEqual(['0_0'])
    expect(keysOf(targets.get('c')!.active)).toEqual(['0_1'])
  })
})
