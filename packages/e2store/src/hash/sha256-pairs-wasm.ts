import { fractions } from './sha256-constants.ts'
import { roundsCode, type Sha256Words } from './sha256-rounds.ts'
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

/** Bytes of two nodes of a Merkle tree: one block. */
const PAIR = 64
/** Pairs that are hashed in parallel, each in a lane of 32 bits. */
const LANES = 4
/** Memory: initial state at 0, then the round constants; pairs from here, which their digests replace. */
const CONSTANTS_AT = 32
const PAIRS_AT = 1024
/** Pairs copied at once: few, so that optimized code is used as soon as it is compiled. */
const PAIRS = 128

/** Where the next digests go, and the position of the next 16 round constants. */
const TARGET = 2
const GROUP = 3
/** Whether this is the block that pads each pair. */
const PADDING = 4
/** Local variables of four lanes: the state, working words a to h, the last 16 words of the schedule, a temporary. */
const STATE = 5
const WORKING = STATE + 8
const SCHEDULE = WORKING + 8
const TEMPORARY = SCHEDULE + 16

const loadSplat = (offset: number): Code => [simd(0x09), 0x02, unsigned(offset)]
const loadLane = (offset: number, lane: number): Code => [simd(0x56), 0x02, unsigned(offset), lane]
const storeLane = (offset: number, lane: number): Code => [simd(0x5a), 0x02, unsigned(offset), lane]
const splat = (value: number): Code => [constant(value), simd(0x11)]
const OR = simd(0x50)
const XOR = simd(0x51)
/** Of three: bits of the first where the third has ones, else of the second. */
const SELECT = simd(0x52)
const ADD = simd(0xae)
const shl = (value: Code, bits: number): Code => [value, constant(bits), simd(0xab)]
const shr = (value: Code, bits: number): Code => [value, constant(bits), simd(0xad)]
const rotr = (value: Code, bits: number): Code => [shr(value, bits), shl(value, 32 - bits), OR]
/** The bytes of the vector on the stack in the other order, in each lane. */
const SWAP = [0, 1, 2, 3].flatMap((lane) => [3, 2, 1, 0].map((byte) => 4 * lane + byte))
const swapBytes = (): Code => [get(TEMPORARY), get(TEMPORARY), simd(0x0d), SWAP]

const WORDS: Sha256Words = {
  ...{ working: WORKING, schedule: SCHEDULE, temporary: TEMPORARY, group: GROUP },
  ...{ add: ADD, xor: XOR, rotr, shr },
  choose: (e, f, g) => [f, g, e, SELECT],
  // Where a and b differ it is c, else a.
  majority: (a, b, c) => [c, a, a, b, XOR, SELECT],
  loadConstant: (offset) => loadSplat(CONSTANTS_AT + offset),
}

const words = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/**
 * SHA-256 of 64-byte pairs, four at a time, in WebAssembly; `undefined` where it or its vector operations are not
 * available.
 */
export function wasmSha256Pairs(): ((pairs: Uint8Array, out: Uint8Array) => void) | undefined {
  const routine = compileRoutine({
    locals: [
      { count: STATE - TARGET, type: I32 },
      { count: TEMPORARY - STATE + 1, type: V128 },
    ],
    code: hashCode(),
    pages: 1,
    dataAt: 0,
    data: new Uint8Array(Uint32Array.of(...fractions(8, 1 / 2), ...fractions(64, 1 / 3)).buffer),
  })
  return routine && ((pairs, out) => digestPairs(routine, pairs, out))
}

function digestPairs({ memory, run }: WasmRoutine, pairs: Uint8Array, out: Uint8Array): void {
  for (let at = 0; at < pairs.length; at += PAIRS * PAIR) {
    const part = pairs.subarray(at, at + PAIRS * PAIR)
    memory.set(part, PAIRS_AT)
    run(PAIRS_AT, Math.ceil(part.length / (LANES * PAIR)))
    out.set(memory.subarray(PAIRS_AT, PAIRS_AT + part.length / 2), at / 2)
  }
}

/** Hash `count` times four pairs from `pointer`; the digests replace them, in order. */
function hashCode(): Code {
  const code: Code[] = [get(POINTER), set(TARGET), 0x03, 0x40] // loop over fours
  for (const i of words(16)) {
    code.push(splat(0))
    for (const lane of words(LANES)) {
      // The vector so far is on the stack; a load into a lane takes the address below it.
      code.push(set(TEMPORARY), get(POINTER), get(TEMPORARY), loadLane(PAIR * lane + 4 * i, lane))
    }
    code.push(set(TEMPORARY), swapBytes(), set(SCHEDULE + i))
  }
  for (const i of words(8)) code.push(constant(0), loadSplat(4 * i), set(STATE + i))
  code.push(constant(0), set(PADDING), 0x03, 0x40) // loop over both blocks
  code.push(compressCode())
  code.push(get(PADDING), 0x45, 0x04, 0x40, constant(1), set(PADDING)) // if it was the first
  for (const i of words(16)) code.push(splat(i === 0 ? 0x8000_0000 : i === 15 ? 8 * PAIR : 0), set(SCHEDULE + i))
  code.push(0x0c, 0x01, 0x0b, 0x0b) // go round the loop; end if, end loop
  for (const i of words(8)) {
    code.push(get(STATE + i), set(TEMPORARY), swapBytes(), set(TEMPORARY))
    for (const lane of words(LANES)) code.push(get(TARGET), get(TEMPORARY), storeLane(32 * lane + 4 * i, lane))
  }
  code.push(get(TARGET), constant(LANES * 32), 0x6a, set(TARGET))
  code.push(get(POINTER), constant(LANES * PAIR), 0x6a, set(POINTER))
  code.push(get(COUNT), constant(1), 0x6b, 0x22, COUNT, 0x0d, 0x00, 0x0b) // again while count - 1 > 0
  return code
}

/** Compress the block in the schedule into the state. */
function compressCode(): Code {
  const code: Code[] = []
  for (const i of words(8)) code.push(get(STATE + i), set(WORKING + i))
  code.push(roundsCode(WORDS))
  for (const i of words(8)) code.push(get(STATE + i), get(WORKING + i), ADD, set(STATE + i))
  return code
}
