import {
  blocksOf,
  type KeccakWords,
  LOCAL_LANES,
  localsFrom,
  permutationCode,
  putPadded,
  RATE,
  roundConstants,
} from './keccak-rounds.ts'
import {
  COUNT,
  type Code,
  compileRoutine,
  constant,
  get,
  I32,
  POINTER,
  set,
  simd,
  unsigned,
  V128,
  type WasmRoutine,
} from './wasm.ts'

/** Memory: both digests at 0, then the round constants; the first message from here, then the second. */
const CONSTANTS_AT = 64
const INPUT_AT = 1024
/** Largest number of blocks in a message: for longer ones hashing two at once saves little. */
const MAX_BLOCKS = 230
const SECOND_AT = MAX_BLOCKS * RATE

const ROUND = 2
/** Local variables of two lanes, one of each state. */
const STATE = 3

const loadSplat = (offset: number): Code => [simd(0x0a), 0x03, unsigned(offset)]
const loadLane = (offset: number, lane: number): Code => [simd(0x57), 0x03, unsigned(offset), lane]
const storeLane = (offset: number, lane: number): Code => [simd(0x5b), 0x03, unsigned(offset), lane]
const AND_NOT = simd(0x4f)
const OR = simd(0x50)
const XOR = simd(0x51)
const shl = (value: Code, bits: number): Code => [value, constant(bits), simd(0xcb)]
const shr = (value: Code, bits: number): Code => [value, constant(bits), simd(0xcd)]

const WORDS: KeccakWords = {
  ...localsFrom(STATE),
  round: ROUND,
  xor: XOR,
  andNot: (a, b) => [b, a, AND_NOT],
  rotl: (value, bits) => (bits === 0 ? value : [shl(value, bits), shr(value, 64 - bits), OR]),
  loadConstant: (offset) => [get(ROUND), loadSplat(CONSTANTS_AT + offset)],
}

type Digests = readonly [Uint8Array, Uint8Array]

/**
 * Keccak-256 of two messages at once in WebAssembly; `undefined` where it or its vector operations are not available.
 *
 * @param alone hashes messages whose numbers of blocks differ, and long ones
 */
export function wasmKeccak256Pair(
  alone: (data: Uint8Array) => Uint8Array,
): ((a: Uint8Array, b: Uint8Array) => Digests) | undefined {
  const routine = compileRoutine({
    locals: [
      { count: 1, type: I32 },
      { count: LOCAL_LANES, type: V128 },
    ],
    code: hashCode(),
    pages: 1,
    dataAt: CONSTANTS_AT,
    data: roundConstants(),
  })
  if (routine === undefined) return undefined
  return (a, b) => {
    const blocks = blocksOf(a.length)
    if (blocks !== blocksOf(b.length) || blocks > MAX_BLOCKS) return [alone(a), alone(b)]
    return digestPair(routine, a, b, blocks)
  }
}

function digestPair({ memory, run }: WasmRoutine, a: Uint8Array, b: Uint8Array, blocks: number): Digests {
  putPadded(memory, INPUT_AT, a)
  putPadded(memory, INPUT_AT + SECOND_AT, b)
  run(INPUT_AT, blocks)
  return [memory.slice(0, 32), memory.slice(32, 64)]
}

/** Hash `count` blocks from `pointer` and as many of the second message; the digests go to 0. */
function hashCode(): Code {
  const code: Code[] = [0x03, 0x40] // loop over blocks
  for (let lane = 0; lane < RATE / 8; lane++) {
    code.push(get(POINTER), get(POINTER), loadSplat(lane * 8), loadLane(SECOND_AT + lane * 8, 1))
    code.push(get(STATE + lane), XOR, set(STATE + lane))
  }
  code.push(permutationCode(WORDS))
  code.push(get(POINTER), constant(RATE), 0x6a, set(POINTER))
  code.push(get(COUNT), constant(1), 0x6b, 0x22, COUNT, 0x0d, 0x00, 0x0b) // again while count - 1 > 0
  for (const state of [0, 1]) {
    for (let lane = 0; lane < 4; lane++) {
      code.push(constant(0), get(STATE + lane), storeLane(32 * state + 8 * lane, state))
    }
  }
  return code
}
