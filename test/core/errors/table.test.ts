import { expect, expectTypeOf, it } from 'vitest'

import { errorTable, isKnownError } from '#core/errors/table.ts'

const errors = errorTable({
  SEGMENT_CORRUPT: { retry: 'never', message: 'segment "{file}" fails at byte {position}', hint: 'Restore it.' },
  LOST: { retry: 'reconnect', message: 'the connection is gone' },
})

it('fills the message from required details and keeps code, hint, retry and cause', () => {
  const cause = new Error('io')
  const error = errors.SEGMENT_CORRUPT({ file: '0.log', position: 7 }, cause)
  expect(error).toMatchObject({
    message: 'segment "0.log" fails at byte 7',
    code: 'SEGMENT_CORRUPT',
    retry: 'never',
    hint: 'Restore it.',
    cause,
  })
  expect(isKnownError(error)).toBe(true)
  expect(isKnownError(cause)).toBe(false)
  expectTypeOf(error.code).toEqualTypeOf<'SEGMENT_CORRUPT'>()
  expect(errors.LOST().message).toBe('the connection is gone')
  // @ts-expect-error position is missing
  errors.SEGMENT_CORRUPT({ file: 'x' })
})
