import { readFileSync } from 'node:fs'
import { fromBytes, openEra, toBytes } from '@datastreamer/e2store'
import { type EraFile, EraWriter } from '@datastreamer/e2store/era'
import { BEACON_NETWORKS, type BeaconNetwork, SetupError } from '@datastreamer/e2store/verify-era'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { writeEmptyEras } from '../../test/e2store-files.ts'
import { EraVerifier, type LoadTools } from './verify-era-file.ts'

const network: BeaconNetwork = {
  config: 'test',
  preset: 'minimal',
  genesisValidatorsRoot: '00'.repeat(32),
  forks: [{ name: 'phase0', epoch: 0n, version: '00000000' }],
}
const options = {
  accumulators: undefined,
  signatures: false,
  network,
  signal: new AbortController().signal,
}

async function genesis(): Promise<EraFile> {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: 64 })
  await writer.finish(new Uint8Array(10_000))
  return openEra(fromBytes(sink.bytes()))
}

const file = { source: fromBytes(new Uint8Array(0)), name: 'a.era' }

test('the root that all of a verified file depends on is reported: that of its last state', async () => {
  const root = new Uint8Array(32).fill(0xab)
  const state = { root: () => root, publicKey: () => undefined, eraRoot: () => undefined }
  const ssz = { preset: 'minimal', blockRoot: () => root, state: () => state } as const
  const loadFakes: LoadTools = async () => ({ ssz, verifySignature: false })
  const { text } = await new EraVerifier({ ...options, loadTools: loadFakes }).verify(file, await genesis(), () => {})
  expect(text).toContain(`fully: all roots of test, without signatures, last state 0x${'ab'.repeat(32)}`)
})

const notInstalled: LoadTools = () => Promise.reject(new SetupError('NOT_INSTALLED', 'install the library'))

test('without the optional packages an era is verified from fixed positions, which is said', async () => {
  const { text, json } = await new EraVerifier({ ...options, loadTools: notInstalled }).verify(
    file,
    await genesis(),
    () => {},
  )
  expect(text).toContain('from fixed positions only: install the library')
  expect(json).toMatchObject({ full: false, why: 'install the library', states: 1 })
})

test('or fails, if it is to be verified fully', async () => {
  const verifying = new EraVerifier({ ...options, full: true, loadTools: notInstalled }).verify(
    file,
    await genesis(),
    () => {},
  )
  await expect(verifying).rejects.toMatchObject({ code: 'NOT_FULLY' })
})

test('what else goes wrong with them is no excuse', async () => {
  const broken: LoadTools = () => Promise.reject(new TypeError('broken'))
  await expect(
    new EraVerifier({ ...options, loadTools: broken }).verify(file, await genesis(), () => {}),
  ).rejects.toThrow('broken')
})

test('an era before Capella with the validators of mainnet must have its historical root', async () => {
  using dir = tempDir()
  const validators = Uint8Array.from(Buffer.from(BEACON_NETWORKS.mainnet.genesisValidatorsRoot, 'hex'))
  const paths = await writeEmptyEras(dir.path, 'mainnet', 2, 0, validators)
  const verify = async (path: string) => {
    const era = await openEra(fromBytes(readFileSync(path)))
    const verifier = new EraVerifier({ ...options, network: undefined, loadTools: notInstalled })
    return verifier.verify(file, era, () => {})
  }
  expect((await verify(paths[0] ?? '')).text).toContain('as the historical roots of mainnet say')
  await expect(verify(paths[1] ?? '')).rejects.toMatchObject({
    code: 'WRONG_ROOT',
    message: expect.stringContaining('that of mainnet is 0x40cf2f3cffd63d9f'),
  })
})
