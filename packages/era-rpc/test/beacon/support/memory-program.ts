/** Reads a state of a folder over HTTP, twice, and prints its length and the most memory that the process had, in MB. */
import { readFileSync } from 'node:fs'
import { openLocation } from '@datastreamer/e2store/node'
import { serveBeacon } from './beacon-server.ts'
import { OWN_NETWORK } from './own-chain.ts'

const [folder = '', slot = ''] = process.argv.slice(2)
await using location = await openLocation(folder)
await using server = await serveBeacon(location, { network: OWN_NETWORK })
let length = 0
for (let i = 0; i < 2; i++) {
  length = 0
  const { body } = await server.get(`/eth/v2/debug/beacon/states/${slot}`, 'application/octet-stream')
  for await (const chunk of body ?? []) length += chunk.length
}
const [, peak = '0'] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
process.stdout.write(`${length} ${Math.round(Number(peak) / 1024)}\n`)
