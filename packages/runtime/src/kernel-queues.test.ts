import { writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { KernelQueues } from './kernel-queues.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const IPV4 = { remoteFamily: 'IPv4' } as const

test('finds a connection by its ports', async () => {
  using dir = tempDir()
  const line = (n: number, local: string, remote: string, held: string): string =>
    `   ${n}: 0100007F:${local} 0100007F:${remote} 01 ${held}:00000007 01:00000014 00000000     0        0 17 2\n`
  writeFileSync(dir.join('tcp'), HEAD + line(0, '1AF4', 'C350', '00012A05') + line(1, 'C350', '1AF4', '00000000'))
  const six =
    '   0: 0000000000000000FFFF00000100007F:1AF4 0000000000000000FFFF00000100007F:C351 01 0000000A:00000000 00\n'
  writeFileSync(dir.join('tcp6'), HEAD + six)
  const queues = new KernelQueues({ IPv4: dir.join('tcp'), IPv6: dir.join('tcp6') })
  expect(await queues.waiting({ ...IPV4, localPort: 6900, remotePort: 50_000 })).toBe(0x12a05)
  expect(await queues.waiting({ ...IPV4, localPort: 50_000, remotePort: 6900 })).toBe(0)
  expect(await queues.waiting({ ...IPV4, localPort: 6900, remotePort: 50_001 })).toBeUndefined()
  expect(await queues.waiting({ remoteFamily: 'IPv6', localPort: 6900, remotePort: 50_001 })).toBe(10)
  expect(await queues.waiting({ remoteFamily: 'IPv6', localPort: 6900, remotePort: 50_000 })).toBeUndefined()
  expect(await queues.waiting({})).toBeUndefined()
})

test('does not take one connection for another of the same ports', async () => {
  using dir = tempDir()
  const line = (address: string): string => `   0: 0100007F:1AF4 ${address}:C350 01 00000005:00000000 00\n`
  writeFileSync(dir.join('tcp'), HEAD + line('0200000A') + line('0300000A'))
  const queues = new KernelQueues({ IPv4: dir.join('tcp'), IPv6: dir.join('tcp6') })
  expect(await queues.waiting({ ...IPV4, localPort: 6900, remotePort: 50_000 })).toBeUndefined()
})

test('knows nothing where there are no tables', async () => {
  const queues = new KernelQueues({ IPv4: '/none', IPv6: '/none' })
  expect(await queues.waiting({ ...IPV4, localPort: 1, remotePort: 2 })).toBeUndefined()
})
