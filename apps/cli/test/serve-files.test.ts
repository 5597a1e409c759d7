import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { openEra1, toBytes } from '@datastreamer/e2store'
import {
  archiveIdentity,
  blockSourceOf,
  era1ToEre,
  formatExecutionArchiveName,
  writeEre,
} from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import { tempDir } from '@datastreamer/fixtures'
import type { Log } from '@datastreamer/service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Config } from '../src/e2store/serve/options.ts'
import { reportHistory } from '../src/e2store/serve/report.ts'
import { reportBeacon } from '../src/e2store/serve/report-beacon.ts'
import { openFiles, type ServedFiles } from '../src/e2store/serve/sources.ts'
import { writeEmptyEras, writeSmallEra1 } from './e2store-files.ts'

const dir = tempDir()
afterAll(() => dir[Symbol.dispose]())

const { signal } = new AbortController()
const CONFIG = `PRESET_BASE: minimal
CONFIG_NAME: devnet
GENESIS_FORK_VERSION: 0x00000001
`

/** A log that keeps its lines: level, event, message. */
function keptLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  const at =
    (level: string) =>
    (event: string, message: string): void =>
      void lines.push(`${level} ${event} ${message}`)
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
  const log = Object.fromEntries(levels.map((level) => [level, at(level)]))
  return { log: { ...log, end: async () => undefined } as unknown as Log, lines }
}

async function open(config: Partial<Config>, log: Log = keptLog().log): Promise<ServedFiles> {
  return openFiles({ trust: 'roots', ...config } as Config, { log, signal } as Parameters<typeof openFiles>[1])
}

let eras: readonly string[]
beforeAll(async () => {
  mkdirSync(dir.join('eras'))
  eras = await writeEmptyEras(dir.join('eras'), 'devnet', 3)
  writeFileSync(dir.join('config.yaml'), CONFIG)
})

test('a beacon chain that is not built in: the option that describes it is named', async () => {
  await expect(open({ locations: [dir.join('eras')] })).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/the beacon chain devnet of the \.era files at .*eras.* --beacon-config$/),
  })
})

test('what describes it may be wrong, or of another chain', async () => {
  const beaconConfig = dir.join('wrong.yaml')
  writeFileSync(beaconConfig, 'CONFIG_NAME: x\n')
  await expect(open({ locations: [dir.join('eras')], beaconConfig })).rejects.toThrow(
    /^--beacon-config: .*wrong\.yaml: no PRESET_BASE/,
  )
  writeFileSync(beaconConfig, CONFIG.replace('devnet', 'other'))
  await expect(open({ locations: [dir.join('eras')], beaconConfig })).rejects.toThrow(
    /no \.era files of other, but of devnet, which --beacon-config describes/,
  )
})

test('files without blocks need no chain id; the configuration may have it', async () => {
  const beaconConfig = dir.join('config.yaml')
  await using files = await open({ locations: [dir.join('eras')], beaconConfig })
  expect([files.history, files.chainId]).toEqual([undefined, undefined])
  const fallback = 'http://127.0.0.1:1/'
  await expect(open({ locations: [dir.join('eras')], beaconConfig, fallback })).rejects.toThrow('--chain-id')
  const withId = dir.join('with-id.yaml')
  writeFileSync(withId, `${CONFIG}DEPOSIT_CHAIN_ID: 4242\n`)
  await using others = await open({ locations: [dir.join('eras')], beaconConfig: withId })
  expect(others.chainId).toBe(4242n)
})

test('of several chains at a location, the one that is named is served', async () => {
  const both = dir.join('both')
  mkdirSync(both)
  for (const path of eras) copyFileSync(path, `${both}/${basename(path)}`)
  await writeEmptyEras(both, 'sepolia', 1)
  await expect(open({ locations: [both] })).rejects.toThrow(/eras of devnet, sepolia.*--network, or --beacon-config/)
  await using files = await open({ locations: [both], network: 'sepolia' })
  expect(files.beacon?.network.config).toBe('sepolia')
})

test('files of eras at a second location are not served, and that is said', async () => {
  mkdirSync(dir.join('more'))
  await writeEmptyEras(dir.join('more'), 'devnet', 1)
  const { log, lines } = keptLog()
  const locations = [dir.join('eras'), dir.join('more')]
  await using _ = await open({ locations, beaconConfig: dir.join('config.yaml') }, log)
  expect(lines).toEqual([expect.stringMatching(/^warn history-double .*more.*: its \.era files are not served/)])
})

test('files of the same blocks are reported; the same file at two locations is there on purpose', async () => {
  mkdirSync(dir.join('double'))
  mkdirSync(dir.join('copy'))
  const made = await writeSmallEra1(dir.join('made.era1'), 4)
  await using source = await openFile(made)
  const archive = await openEra1(source)
  const { id } = await archiveIdentity(archive)
  const era1 = `testnet-00000-${id}.era1`
  for (const folder of ['double', 'copy']) copyFileSync(made, dir.join(`${folder}/${era1}`))
  const reportOf = async (...locations: readonly string[]): Promise<readonly string[]> => {
    const { log, lines } = keptLog()
    await using files = await open({ locations, chainId: 7n }, log)
    if (files.history !== undefined) reportHistory(files.history, files.trust, log)
    return lines.filter((line) => line.includes('history-double'))
  }
  expect(await reportOf(dir.join('double'), dir.join('copy'))).toEqual([])
  const blocks = era1ToEre(blockSourceOf(archive))
  const sink = toBytes()
  const { identity } = await writeEre(sink, blocks, { columns: ['receipts', 'totalDifficulty'] })
  writeFileSync(dir.join(`double/${formatExecutionArchiveName({ ...identity, network: 'testnet' })}`), sink.bytes())
  expect(await reportOf(dir.join('double'))).toEqual([
    expect.stringMatching(
      /^warn history-double testnet-00000-\S+ is not needed: testnet-00000-\S+ has its blocks too$/,
    ),
  ])
})

test('which eras and slots are held, what is missing or double, and what is finalized', async () => {
  const { log, lines } = keptLog()
  const beacon = {
    network: { config: 'devnet' },
    slotsPerEra: 64n,
    eras: async () => ({
      files: 5,
      runs: [
        { first: 1n, last: 2n },
        { first: 4n, last: 4n },
      ],
      doubles: [{ era: 2n, names: ['a.era', 'b.era'] }],
    }),
    finality: async () => ({ era: 2n, blockSlot: 127n }),
  } as unknown as Parameters<typeof reportBeacon>[0]
  await reportBeacon(beacon, log, signal)
  await reportBeacon({ ...beacon, finality: async () => undefined }, log, signal)
  await reportBeacon({ ...beacon, finality: () => Promise.reject(new Error('a.era: cut off')) }, log, signal)
  expect(lines.slice(0, 4)).toEqual([
    'info history-opened the Beacon API of devnet, below /eth/: eras 1 to 2, 4 in 5 files, slots 0 to 255, newest state of slot 256',
    'warn history-gap eras 3 to 3 are in no file: answered as not held (404)',
    'warn history-double era 2 is in 2 files, of which one is read: a.era, b.era',
    'info beacon-finalized finalized is slot 127, with the state of slot 128 (era 2)',
  ])
  expect(lines.filter((line) => line.includes('beacon-finalized')).slice(1)).toEqual([
    expect.stringMatching(/^warn beacon-finalized nothing is finalized: no file has the latest block/),
    'error beacon-finalized what is finalized cannot be read: a.era: cut off',
  ])
})
