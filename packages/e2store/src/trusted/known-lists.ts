import { equalBytes, fromHex } from '../io/bytes.ts'

const ROOT_BYTES = 32

/** Roots that are public knowledge, one for each file or era, from the first on. */
export class KnownRoots {
  readonly #bytes: Uint8Array

  /** @param hex 64 digits for each root, joined */
  constructor(hex: string) {
    this.#bytes = fromHex(hex)
  }

  get length(): number {
    return this.#bytes.length / ROOT_BYTES
  }

  /** All of them, 32 bytes each, joined. */
  get joined(): Uint8Array {
    return this.#bytes.slice()
  }

  /** The root of a number, 32 bytes; `undefined` if there is none. */
  at(number: number): Uint8Array | undefined {
    return number >= 0 && number < this.length
      ? this.#bytes.slice(ROOT_BYTES * number, ROOT_BYTES * (number + 1))
      : undefined
  }

  /** Whether a root is that of a number; `undefined` if none is known for it. */
  has(number: number, root: Uint8Array): boolean | undefined {
    const known = this.at(number)
    return known && equalBytes(known, root)
  }
}

const loaded = new Map<string, Promise<KnownRoots>>()

function once(key: string, load: () => Promise<string>): Promise<KnownRoots> {
  const found = loaded.get(key) ?? load().then((hex) => new KnownRoots(hex))
  loaded.set(key, found)
  return found
}

/**
 * The accumulators of all files of a network before its merge, by the number of the file; `undefined` if they are not built
 * in. They are loaded when they are asked for.
 *
 * @see docs/spec/e2store-execution.md §14
 */
export async function knownAccumulators(network: string): Promise<KnownRoots | undefined> {
  if (network !== 'mainnet') return undefined
  return once('accumulators', async () => (await import('./mainnet-accumulators.ts')).MAINNET_ACCUMULATORS)
}

/**
 * The historical roots of a network: that of era `n` of the beacon chain, from 1 on, has number `n - 1`; `undefined` if they
 * are not built in. They are loaded when they are asked for.
 *
 * @see docs/spec/e2store-execution.md §14
 */
export async function knownHistoricalRoots(network: string): Promise<KnownRoots | undefined> {
  if (network !== 'mainnet') return undefined
  return once('historical roots', async () => (await import('./mainnet-historical-roots.ts')).MAINNET_HISTORICAL_ROOTS)
}
