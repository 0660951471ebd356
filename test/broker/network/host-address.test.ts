import { expect, it } from 'vitest'

import { hostAddress } from '../../../broker/network/host-address.ts'

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1', '0:0:0:0:0:0:0:1'],
  ['::', '0:0:0:0:0:0:0:0'],
  ['2001:db8::0a:1', '2001:db8:0:0:0:0:a:1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1%eth0'],
  ['unknown', 'unknown'],
])('writes %s as Java does', (address, expected) => {
  expect(hostAddress(address)).toBe(expected)
})
