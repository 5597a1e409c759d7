import { networkInterfaces } from 'node:os'
import { connect, parseHostPort } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { TestServer } from './server.ts'

/** An address of this machine that means something on one of its networks only: `fe80::1%eth0`. */
const zoned = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
  addresses.flatMap(({ address, scopeid }) => (scopeid ? [`${address}%${name}`] : [])),
)[0]

// Skipped where the machine has no link-local address.
test.skipIf(zoned === undefined)('an IPv6 address with its zone is listened on and dialled', async () => {
  using dir = tempDir()
  await using server = TestServer.start(['--file', dir.join('s.bin'), '--host', `[${zoned}]`])
  const [, text = ''] = /stream=(\S+)/.exec(await server.firstLine()) ?? []
  const { port = 0 } = parseHostPort(text) ?? {}
  const address = parseHostPort(`[${zoned}]:${port}`)
  if (address === undefined) throw new Error(`no address in ${text}`)
  await using client = await connect(address)
  expect((await client.getHeader()).totalEntries).toBe(0n)
})
