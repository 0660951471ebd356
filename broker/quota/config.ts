import { atLeast } from '#core/config/checks.ts'
import { int } from '#core/config/define.ts'

const positive = atLeast(1)

/** Over which time quotas are measured, and the quota on new connections that holds for all. */
export const quotaSettings = {
  'quota.window.num': int({
    doc: 'Samples over which the rates of clients are measured.',
    default: 11,
    importance: 'low',
    check: positive,
  }),
  'quota.window.size.seconds': int({ doc: 'Length of one sample.', default: 1, importance: 'low', check: positive }),
  'controller.quota.window.num': int({
    doc: 'Samples over which changes of topics are measured; as many seconds of the quota may be used up at once.',
    default: 11,
    importance: 'low',
    check: positive,
  }),
  'controller.quota.window.size.seconds': int({
    doc: 'Length of one sample of changes of topics.',
    default: 1,
    importance: 'low',
    check: positive,
  }),
  'max.connection.creation.rate': int({
    doc: 'New connections per second over all; further ones wait for their turn.',
    default: 2_147_483_647,
    check: positive,
  }),
} as const
