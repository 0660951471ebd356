import type { ErrorName } from '#core/wire/errors.ts'
import type { ModernGroup } from '../group-kinds.ts'
import type { CommittedOffset, CoordinatorRecord, ModernRecord } from '../records.ts'

/** A consumer group (KIP-848): what its records say. */
export class ConsumerGroup implements ModernGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly groupId: string
  isGone = false

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): string {
    return 'Empty'
  }

  get isEmpty(): boolean {
    return true
  }

  replay(record: ModernRecord): void {
    if (record.kind === 'consumer' && record.part === 'group') this.isGone = record.value === null
  }

  isSubscribedTo(_topic: string): boolean {
    return false
  }

  commitProblem(): ErrorName | null {
    return null
  }

  fetchProblem(): ErrorName | null {
    return null
  }

  offsetDeleteProblem(): ErrorName | null {
    return null
  }

  offsetsAgeFrom(): (offset: CommittedOffset) => number {
    return (offset) => offset.commitTimestamp
  }

  tombstones(): CoordinatorRecord[] {
    return [{ kind: 'consumer', groupId: this.groupId, part: 'group', value: null }]
  }
}
