import type { StreamRecord } from '../record.ts'
import type { Windowed } from '../state/windowed.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'
import type { TimeWindows } from './windows.ts'
import { windowStarts } from './windows.ts'

/**
 * Puts each record into its windows: one comes out per window, with the windowed key. Windows that ended longer ago than
 * the grace period, by the largest timestamp seen, take nothing any more.
 */
export const assignWindows = <K, V>(
  windows: TimeWindows,
): NodeOperator<StreamRecord<K, V>, StreamRecord<Windowed<K>, V>> =>
  operator((emit, context) => {
    let observed = -1
    return (record) => {
      if (record.timestamp > observed) observed = record.timestamp
      for (const start of windowStarts(windows, record.timestamp)) {
        const end = start + windows.sizeMs
        if (end <= observed - windows.graceMs) context.task.drop('late')
        else emit(record.withKey({ key: record.key, start, end }))
      }
    }
  })
