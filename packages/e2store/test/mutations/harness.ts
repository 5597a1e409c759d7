import { E2StoreError } from '../../src/index.ts'
import { mutate, seeded } from './mutate.ts'

/** One kind of file that is mutated. */
export interface Kind {
  readonly name: string
  /** A small valid file. */
  readonly bytes: Uint8Array
  /**
   * Open, read and verify bytes: a text that is different for all other content that passes as verified
   * (such as a hash of it), or `undefined` for a kind that has nothing to verify by. Throws what the package throws.
   */
  readonly check: (bytes: Uint8Array) => Promise<string | undefined>
  /** Whether content under checksums is changed too, with matching checksums (default false). */
  readonly deep?: boolean
  /** Share of the mutations that this kind gets, relative to others (default 1): less for slow ones. */
  readonly weight?: number
}

export interface Outcome {
  readonly name: string
  readonly rejected: number
  /** Mutations that left what is verified as it was. */
  readonly unharmed: number
  /** How often each error code was seen. */
  readonly codes: ReadonlyMap<string, number>
  /** Milliseconds that the slowest one took. */
  readonly slowestMs: number
}

export interface RunOptions {
  readonly seed: number
  readonly count: number
  /** Called before each mutation with its number. */
  readonly onMutation?: (i: number) => void
}

/** Milliseconds that one mutation may take. */
const MAX_MS = 5000

/** Makes every single allocation of bytes over a bound an error, until it is disposed of. */
function boundAllocations(maxBytes: number): Disposable {
  const original = globalThis.Uint8Array
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args: unknown[], newTarget) {
      const [size] = args
      if (typeof size === 'number' && size > maxBytes)
        throw new Error(`allocation of ${size} bytes, bound is ${maxBytes}`)
      return Reflect.construct(target, args, newTarget)
    },
  })
  return {
    [Symbol.dispose]() {
      globalThis.Uint8Array = original
    },
  }
}

/**
 * Mutate one kind of file `count` times.
 *
 * Throws, naming the seed, unless each mutation is rejected with a typed error or leaves the verified content as it
 * was; on other errors, slowness, and allocations beyond what the file's size explains.
 */
export async function runKind(kind: Kind, { seed, count, onMutation }: RunOptions): Promise<Outcome> {
  const expected = await kind.check(kind.bytes)
  const codes = new Map<string, number>()
  let rejected = 0
  let unharmed = 0
  let slowestMs = 0
  // A decompressor gives at most 64 bytes for 3; windows and hash tables come on top.
  using _ = boundAllocations(24 * kind.bytes.length + 4_194_304)
  for (let i = 0; i < count; i++) {
    onMutation?.(i)
    const mutant = mutate(kind.bytes, seeded(seed + i), kind.deep ?? false)
    const start = performance.now()
    try {
      const found = await kind.check(mutant)
      if (found !== expected) throw new Error('wrong data passed as verified')
      unharmed++
    } catch (error) {
      if (!(error instanceof E2StoreError))
        throw new Error(`${kind.name}, seed ${seed + i}: ${error}`, { cause: error })
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
      rejected++
    }
    const ms = performance.now() - start
    if (ms > MAX_MS) throw new Error(`${kind.name}, seed ${seed + i}: took ${ms} ms`)
    slowestMs = Math.max(slowestMs, ms)
  }
  return { name: kind.name, rejected, unharmed, codes, slowestMs }
}
