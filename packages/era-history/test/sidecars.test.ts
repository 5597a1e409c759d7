import { parseExecutionArchiveName } from '@datastreamer/e2store/execution'
import { httpLocation } from '@datastreamer/e2store/location'
import { HeldServer } from '@datastreamer/fixtures'
import { beforeAll, expect, test } from 'vitest'
import { FilePool } from '../src/files/file-pool.ts'
import { HistoryFile } from '../src/files/history-file.ts'
import { Sidecars } from '../src/files/sidecars.ts'
import { type MadeFile, madeChain, madeFile } from './support/made-up-chain.ts'
import { madeSidecar } from './support/made-up-sidecar.ts'

let files: MadeFile[]
let sidecars: MadeFile[]
beforeAll(async () => {
  files = []
  for (const [era, shape] of (['era1', 'ere', 'ere-noproofs'] as const).entries()) {
    files.push(await madeFile(madeChain({ from: 8192n * BigInt(era), count: 4, seed: era + 1 }), shape))
  }
  sidecars = await Promise.all(files.map(madeSidecar))
})

/** Sidecars over HTTP of files that are listed with these sizes. */
class Served {
  readonly held: readonly HistoryFile[]
  readonly #server = new HeldServer()
  readonly #sidecars: Sidecars

  constructor(served: readonly MadeFile[], sizes: readonly (number | undefined)[]) {
    for (const { name, bytes } of served) this.#server.files.set(name, bytes)
    const location = httpLocation('http://far.example/', { fetch: this.#server.fetch })
    this.held = files.flatMap(({ name }, at) => {
      const parsed = parseExecutionArchiveName(name)
      return parsed ? [new HistoryFile({ location, name, parsed, size: sizes[at], sidecar: `${name}.idx` })] : []
    })
    this.#sidecars = new Sidecars(new FilePool({ maxOpen: 8, archive: {}, onChanged: () => {} }), 8, 1_000_000)
  }

  /** What is given if so many candidates are found, and how many requests each round trip has. */
  async find(file: HistoryFile, found: readonly bigint[]): Promise<[readonly bigint[] | undefined, number[]]> {
    const given = await this.#server.during(this.#sidecars.candidates(file, async () => found))
    return [given, this.#server.trips.map(({ length }) => length)]
  }
}

test('a sidecar takes one request, and its data file none until there are candidates', async () => {
  for (const sizes of [files.map(({ bytes }) => bytes.length), files.map(() => undefined)]) {
    const served = new Served([...files, ...sidecars], sizes)
    for (const file of served.held) {
      expect(await served.find(file, [])).toEqual([[], [1]])
      expect(await served.find(file, [])).toEqual([[], []])
      // Both ends of the data file.
      expect(await served.find(file, [1n])).toEqual([[1n], [2]])
      expect(await served.find(file, [1n])).toEqual([[1n], []])
    }
  }
})

test('a sidecar that does not fit the name or the size is compared with the data file at once', async () => {
  const sizes = files.map(({ bytes }) => bytes.length + 1)
  const served = new Served([...files, ...sidecars], sizes)
  for (const file of served.held) expect(await served.find(file, [])).toEqual([[], [1, 2]])
  const swapped = sidecars.map(({ name }, at) => ({ name, bytes: sidecars[(at + 1) % 3]?.bytes ?? new Uint8Array(0) }))
  const wrong = new Served([...files, ...swapped], [])
  for (const file of wrong.held) {
    expect(await wrong.find(file, [])).toEqual([undefined, [1, 2]])
    expect(file.state(false)).toMatchObject({ sidecar: false, sidecarError: { code: 'STALE_SIDECAR' } })
  }
})

test('a data file that is another one than its name and its sidecar say gives no candidates', async () => {
  const other = await madeFile(madeChain({ from: 8192n, count: 4, seed: 9 }), 'ere')
  const others = files.map(({ name, bytes }, at) => ({ name, bytes: at === 1 ? other.bytes : bytes }))
  const served = new Served([...others, ...sidecars], [])
  const [, file] = served.held
  expect(file && (await served.find(file, [1n]))).toEqual([undefined, [1, 2]])
  expect(file?.state(false)).toMatchObject({ sidecar: false, sidecarError: { code: 'STALE_SIDECAR' } })
})
