import { type Code, constant, get, set, unsigned } from './wasm.ts'

/** Bytes absorbed by one permutation of Keccak-256. */
export const RATE = 136
export const STATE_LANES = 25
const ROUNDS = 24
/** Rounds in one iteration of the loop: with two, less is moved between registers and the stack. */
const UNROLLED = 2

/** Local variables of lanes, the first of each: the state, one row of the permuted one, column parities, the next state. */
export interface KeccakLocals {
  readonly state: number
  readonly row: number
  readonly parity: number
  /** What the parities add to each column. */
  readonly difference: number
  readonly next: number
}

/** Lanes in {@link KeccakLocals}. */
export const LOCAL_LANES: number = 2 * STATE_LANES + 3 * 5

/** All of them, in order. */
export function localsFrom(state: number): KeccakLocals {
  const row = state + STATE_LANES
  return { state, row, parity: row + 5, difference: row + 10, next: row + 15 }
}

/** The operations of the permutation, for lanes of one state or of several in parallel. */
export interface KeccakWords extends KeccakLocals {
  /** Local variable for the round's counter in bytes. */
  readonly round: number
  readonly xor: Code
  /** Bits of `b` where `a` has none. */
  readonly andNot: (a: Code, b: Code) => Code
  /** Rotated left by 0 to 63 bits; `value` may be repeated. */
  readonly rotl: (value: Code, bits: number) => Code
  /** The round constant `offset` bytes after that of the counter. */
  readonly loadConstant: (offset: number) => Code
}

/** Permute the state. */
export function permutationCode(words: KeccakWords): Code {
  const { round } = words
  const code: Code[] = [constant(0), set(round), 0x03, 0x40] // loop over rounds
  for (let i = 0; i < UNROLLED; i++) code.push(roundCode(words, i))
  code.push(get(round), constant(8 * UNROLLED), 0x6a, 0x22, unsigned(round)) // round += 8 * UNROLLED
  code.push(constant(ROUNDS * 8), 0x49, 0x0d, 0x00, 0x0b) // again while below 24 * 8
  return code
}

/** One round: the one that is `unrolled` rounds after the counter. */
function roundCode(words: KeccakWords, unrolled: number): Code {
  const { state: a, row: b, parity: c, difference: d, next, xor, andNot, rotl } = words
  const code: Code[] = []
  for (let x = 0; x < 5; x++) {
    code.push(get(a + x))
    for (let y = 1; y < 5; y++) code.push(get(a + x + 5 * y), xor)
    code.push(set(c + x))
  }
  for (let x = 0; x < 5; x++) {
    code.push(get(c + ((x + 4) % 5)), rotl(get(c + ((x + 1) % 5)), 1), xor, set(d + x))
  }
  const rotations = rotationOffsets()
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 5; x++) {
      // Lane (x, y) of the permuted state is lane (x + 3y, x) of the old one.
      const column = (x + 3 * y) % 5
      const from = column + 5 * x
      code.push(get(a + from), get(d + column), xor, set(b + x))
      code.push(rotl(get(b + x), rotations[from] ?? 0), set(b + x))
    }
    for (let x = 0; x < 5; x++) {
      code.push(get(b + x), andNot(get(b + ((x + 1) % 5)), get(b + ((x + 2) % 5))), xor)
      if (x + y === 0) code.push(words.loadConstant(8 * unrolled), xor)
      code.push(set(next + 5 * y + x))
    }
  }
  for (let lane = 0; lane < STATE_LANES; lane++) code.push(get(next + lane), set(a + lane))
  return code
}

/** The rotation of lane `x + 5y`: triangular numbers along the path `(x, y) -> (y, 2x + 3y)`. */
function rotationOffsets(): number[] {
  const offsets = Array.from({ length: STATE_LANES }, () => 0)
  let [x, y] = [1, 0]
  for (let t = 0; t < ROUNDS; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return offsets
}

/** The 24 round constants, little-endian, from the linear feedback register x^8 + x^6 + x^5 + x^4 + 1. */
export function roundConstants(): Uint8Array {
  const view = new DataView(new ArrayBuffer(ROUNDS * 8))
  let register = 1
  for (let round = 0; round < ROUNDS; round++) {
    let constant = 0n
    for (let j = 0; j < 7; j++) {
      if ((register & 1) === 1) constant |= 1n << BigInt((1 << j) - 1)
      register = (register << 1) ^ ((register >> 7) * 0x171)
    }
    view.setBigUint64(round * 8, constant, true)
  }
  return new Uint8Array(view.buffer)
}

/** Blocks that a message of so many bytes takes with its padding. */
export function blocksOf(bytes: number): number {
  return Math.floor(bytes / RATE) + 1
}

/** Write the rest of a message, `data`, and its padding to `memory` at `at`. */
export function putPadded(memory: Uint8Array, at: number, data: Uint8Array): void {
  const end = at + blocksOf(data.length) * RATE
  memory.set(data, at)
  memory.fill(0, at + data.length, end)
  memory[at + data.length] = 0x01
  memory[end - 1] = (memory[end - 1] ?? 0) | 0x80
}
