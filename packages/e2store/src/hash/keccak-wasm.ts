import {
  blocksOf,
  type KeccakWords,
  LOCAL_LANES,
  localsFrom,
  permutationCode,
  putPadded,
  RATE,
  roundConstants,
  STATE_LANES,
} from './keccak-rounds.ts'
import {
  COUNT,
  type Code,
  compileRoutine,
  constant,
  get,
  I32,
  I64,
  POINTER,
  set,
  signed,
  unsigned,
  type WasmRoutine,
} from './wasm.ts'

/** Memory: the state at 0, then the round constants; input blocks from here. */
const CONSTANTS_AT = 256
const INPUT_AT = 1024
const PAGES = 2
const INPUT_BLOCKS = Math.floor((PAGES * 65536 - INPUT_AT) / RATE)

const STATE = 2
const ROUND = STATE + LOCAL_LANES

const load = (offset: number): Code => [0x29, 0x03, unsigned(offset)]
const store = (offset: number): Code => [0x37, 0x03, unsigned(offset)]
const XOR = 0x85
const AND = 0x83
const ROTL = 0x89
/** `i64.const -1`. */
const ONES = [0x42, 0x7f]

const WORDS: KeccakWords = {
  ...localsFrom(STATE),
  round: ROUND,
  xor: XOR,
  andNot: (a, b) => [a, ONES, XOR, b, AND],
  // `i64.const bits`
  rotl: (value, bits) => [value, 0x42, signed(bits), ROTL],
  loadConstant: (offset) => [get(ROUND), load(CONSTANTS_AT + offset)],
}

/**
 * Keccak-256 (with the original padding, as in Ethereum) in WebAssembly: several times as fast as portable code;
 * `undefined` where WebAssembly is not available.
 */
export function wasmKeccak256(): ((data: Uint8Array) => Uint8Array) | undefined {
  const routine = compileRoutine({
    locals: [
      { count: LOCAL_LANES, type: I64 },
      { count: 1, type: I32 },
    ],
    code: absorbCode(),
    pages: PAGES,
    dataAt: CONSTANTS_AT,
    data: roundConstants(),
  })
  return routine === undefined ? undefined : (data) => digest(routine, data)
}

function digest({ memory, run }: WasmRoutine, data: Uint8Array): Uint8Array {
  memory.fill(0, 0, STATE_LANES * 8)
  let at = 0
  for (; data.length - at >= INPUT_BLOCKS * RATE; at += INPUT_BLOCKS * RATE) {
    memory.set(data.subarray(at, at + INPUT_BLOCKS * RATE), INPUT_AT)
    run(INPUT_AT, INPUT_BLOCKS)
  }
  const rest = at === 0 ? data : data.subarray(at)
  putPadded(memory, INPUT_AT, rest)
  run(INPUT_AT, blocksOf(rest.length))
  return memory.slice(0, 32)
}

/** Absorb `count` blocks from `pointer` into the state at 0. */
function absorbCode(): Code {
  const code: Code[] = []
  const lanes = Array.from({ length: STATE_LANES }, (_, lane) => lane)
  for (const lane of lanes) code.push(constant(0), load(lane * 8), set(STATE + lane))
  code.push(0x03, 0x40) // loop over blocks
  for (let lane = 0; lane < RATE / 8; lane++) {
    code.push(get(STATE + lane), get(POINTER), load(lane * 8), XOR, set(STATE + lane))
  }
  code.push(permutationCode(WORDS))
  code.push(get(POINTER), constant(RATE), 0x6a, set(POINTER))
  code.push(get(COUNT), constant(1), 0x6b, 0x22, COUNT, 0x0d, 0x00, 0x0b) // again while count - 1 > 0
  for (const lane of lanes) code.push(constant(0), get(STATE + lane), store(lane * 8))
  return code
}
