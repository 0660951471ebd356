import type { RE2JS } from 're2js'

import { ProtocolError } from '#core/wire/errors.ts'
import { compileRe2 } from '../re2.ts'
import type { GroupWorld, Step } from '../group/step.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { RequestContext } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { MemberChange } from './heartbeat.ts'
import type { ResolvedRegex } from './records.ts'
import { subscribedTopics } from './subscriptions.ts'

/** How a member's regular expression changed; `resolved` when the topics of the new one are known. */
export type RegexChange = 'none' | 'changed' | 'resolved'

/** Between two looks at all topics lies this time at least, ms. */
const minRefreshMs = 10_000
const alarmName = 'regex'

const isSet = (regex: string | null): regex is string => regex !== null && regex !== ''

/**
 * Looks at whether a member changed its regular expression, and has all of the group's resolved soon when there is a new
 * one, new topics, or it is long ago. Throws INVALID_REGULAR_EXPRESSION.
 */
export function changeRegex(
  world: GroupWorld,
  group: ConsumerGroup,
  context: RequestContext,
  { member, updated }: MemberChange,
  records: CoordinatorRecord[],
): RegexChange {
  const before = member.subscribedTopicRegex
  const now = updated.subscribedTopicRegex
  let change: RegexChange = 'none'
  let isNew = false
  if (before !== now) {
    change = 'changed'
    if (isSet(before) && group.patterns.get(before) === 1) {
      records.push({ kind: 'consumer', groupId: group.groupId, part: 'regex', regex: before, value: null })
    }
    if (isSet(now)) {
      isNew = !group.patterns.has(now)
      if (isNew) compile(now)
      else if (group.regexes.has(now)) change = 'resolved'
    } else if (isSet(before)) change = 'resolved'
  }
  const wanted = wantedRegexes(group, before, now)
  if (wanted.size > 0 && isRefreshDue(world, group, wanted, isNew)) {
    world.alarms.set(group.groupId, alarmName, 0, () => refresh(world, group.groupId, [...wanted.keys()], context))
  }
  return change
}

/** The regular expressions of the group once the member's is another one. */
function wantedRegexes(group: ConsumerGroup, before: string | null, now: string | null): ReadonlyMap<string, number> {
  if (before === now) return group.patterns
  const wanted = new Map(group.patterns)
  if (isSet(before) && group.patterns.get(before) === 1) wanted.delete(before)
  if (isSet(now)) wanted.set(now, (wanted.get(now) ?? 0) + 1)
  return wanted
}

function isRefreshDue(
  world: GroupWorld,
  group: ConsumerGroup,
  wanted: ReadonlyMap<string, number>,
  isNew: boolean,
): boolean {
  if (world.alarms.isSet(group.groupId, alarmName)) return false
  const nowMs = world.clock.now()
  const [last] = group.regexes.values()
  if (last !== undefined && nowMs <= last.timestamp + minRefreshMs) return false
  return (
    isNew ||
    wanted.size !== group.regexes.size ||
    (last?.version ?? 0) < world.newestTopicVersion ||
    (last !== undefined && nowMs > last.timestamp + world.config['group.consumer.regex.refresh.interval.ms'])
  )
}

/** Throws INVALID_REGULAR_EXPRESSION when it is not in RE2/J's syntax. */
export function compile(regex: string): RE2JS {
  try {
    return compileRe2(regex)
  } catch (error) {
    throw new ProtocolError(
      'INVALID_REGULAR_EXPRESSION',
      `"${regex}" is not a pattern in RE2's syntax: ${(error as Error).message}`,
    )
  }
}

/** Resolves patterns against the topics that are there and may be seen by who asked. */
export function resolve(
  world: GroupWorld,
  regexes: readonly string[],
  context: RequestContext,
): Map<string, ResolvedRegex> {
  const version = world.topics.version()
  const timestamp = world.clock.now()
  const names = [...world.topics.names()].filter((name) => context.mayDescribe?.(name) ?? true)
  const resolved = new Map<string, ResolvedRegex>()
  for (const regex of regexes) {
    const pattern = compile(regex)
    const topics = names.filter((name) => pattern.matches(name)).toSorted()
    resolved.set(regex, { topics, version, timestamp })
  }
  return resolved
}

function refresh(world: GroupWorld, groupId: string, regexes: readonly string[], context: RequestContext): void {
  const group = world.consumerGroup(groupId)
  if (group !== undefined) world.run(groupId, takeResolved(world, group, resolve(world, regexes, context)))
}

/** Keeps what was resolved, and lets the group be assigned anew when that changed something. */
function takeResolved(world: GroupWorld, group: ConsumerGroup, resolved: ReadonlyMap<string, ResolvedRegex>): Step {
  const { groupId } = group
  const records: CoordinatorRecord[] = []
  const regexes = new Map<string, ResolvedRegex>(group.regexes)
  let mustBump = false
  for (const [regex, value] of resolved) {
    if (!group.patterns.has(regex)) continue
    const before = group.regexes.get(regex)?.topics ?? []
    if (before.length !== value.topics.length || before.some((topic) => !value.topics.includes(topic))) mustBump = true
    regexes.set(regex, value)
    records.push({ kind: 'consumer', groupId, part: 'regex', regex, value })
  }
  const hash = metadataHash(world.topics, subscribedTopics(group.members.values(), regexes))
  if (mustBump || hash !== group.metadataHash) {
    const epoch = group.groupEpoch + 1
    records.push({ kind: 'consumer', groupId, part: 'group', value: { epoch, metadataHash: hash } })
    group.mustRefresh = false
  }
  return { records }
}
