import { createMember, updateMember } from './arrival.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Joining } from './join.ts'
import { type Member, joinProblem } from './member.ts'
import { selectProtocol } from './protocols.ts'
import {
  completeJoinIfAllJoined,
  currentGeneration,
  membersForLeader,
  prepareRebalance,
  rebalanceOrCompleteJoin,
} from './rebalance.ts'
import { groupRecord } from './snapshot.ts'
import type { GroupWorld, Step } from './step.ts'

/**
 * A static member came back under a new member id (KIP-345): it takes the place, and in a stable group also the
 * assignment, of its earlier self, which is fenced off. Nobody else notices unless the protocol changes.
 */
export function replaceStaticMember(
  world: GroupWorld,
  group: ClassicGroup,
  old: Member,
  memberId: string,
  joining: Joining,
): Step {
  const leaderBefore = group.leaderId
  const member = createMember(world, group, { ...old, memberId, isNew: false, joining: null, syncing: null })
  group.replace(old, member)
  updateMember(member, joining)
  member.session.set(member.sessionTimeoutMs)
  switch (group.state) {
    case 'Stable':
      if (selectProtocol([...group.members.values()]) !== group.protocolName)
        return rebalanceOrCompleteJoin(world, group)
      return keepAssignment(world, group, { old, member, joining, leaderBefore })
    case 'CompletingRebalance':
      // The leader may be assigning to the old id at this moment, so the new one would get nothing.
      return prepareRebalance(world, group)
    default:
      return completeJoinIfAllJoined(world, group)
  }
}

interface Replacement {
  readonly old: Member
  readonly member: Member
  readonly joining: Joining
  readonly leaderBefore: string | null
}

/** Stores the new id with the old assignment, and only then tells the member that it may go on. */
function keepAssignment(world: GroupWorld, group: ClassicGroup, replacement: Replacement): Step {
  const { old, member, joining, leaderBefore } = replacement
  return {
    records: [groupRecord(group)],
    stored: (problem) => {
      // A rebalance that began meanwhile answers by itself.
      if (member.joining !== joining.reply || group.state !== 'Stable') return
      member.joining = null
      if (problem !== null) {
        const restored = createMember(world, group, { ...old, joining: null, syncing: null })
        group.replace(member, restored)
        restored.session.set(restored.sessionTimeoutMs)
        joining.reply(joinProblem(problem, ''))
        return
      }
      joining.reply(rejoined(group, member, joining.context.apiVersion, leaderBefore))
    },
  }
}

/**
 * Since version 9 a leader can be told to take part without assigning (SkipAssignment). Before, it must not learn that
 * it leads, or it would assign anew; so it is shown the leader that was.
 */
function rejoined(group: ClassicGroup, member: Member, apiVersion: number, leaderBefore: string | null) {
  const answer = currentGeneration(group, member)
  if (apiVersion < 9) return { ...answer, leader: leaderBefore ?? '', members: [] }
  const isLeader = group.isLeader(member.memberId)
  return { ...answer, members: isLeader ? membersForLeader(group) : [], skipAssignment: isLeader }
}
