import { type Code, compileRoutine, get, I32, I64, set, signed, unsigned, type WasmRoutine } from './wasm.ts'

/** Bytes absorbed by one permutation of Keccak-256. */
const RATE = 136
const STATE_LANES = 25
const ROUNDS = 24
/** Memory: the state at 0, the round constants behind it, input blocks from here. */
const CONSTANTS_AT = 256
const INPUT_AT = 1024
const PAGES = 2
const INPUT_BLOCKS = Math.floor((PAGES * 65536 - INPUT_AT) / RATE)

const POINTER = 0
const COUNT = 1
/** Local variables: state `a`, one row of the permuted state `b`, column parities `c` and `d`, and: */
const A = 2
const B = A + STATE_LANES
const C = B + 5
const D = C + 5
/** The state after the round. */
const NEXT = D + 5
/** The round's counter in bytes. */
const ROUND = NEXT + STATE_LANES
/** Rounds in one turn of the loop: with two, less is moved between registers and the stack. */
const UNROLLED = 2

const load = (offset: number): Code => [0x29, 0x03, unsigned(offset)]
const store = (offset: number): Code => [0x37, 0x03, unsigned(offset)]
const XOR = 0x85
const AND = 0x83
const ROTL = 0x89
/** `i32.const 0` and `i64.const -1`. */
const ZERO = [0x41, 0x00]
const ONES = [0x42, 0x7f]

/**
 * Keccak-256 (the hash with the original padding, as Ethereum uses it) as machine code assembled at start: several
 * times as fast as portable code. `undefined` where WebAssembly may not be used.
 */
export function wasmKeccak256(): ((data: Uint8Array) => Uint8Array) | undefined {
  const routine = compileRoutine({
    locals: [
      { count: ROUND - A, type: I64 },
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
  const rest = data.length - at
  const blocks = Math.floor(rest / RATE) + 1
  const end = INPUT_AT + blocks * RATE
  memory.set(at === 0 ? data : data.subarray(at), INPUT_AT)
  memory.fill(0, INPUT_AT + rest, end)
  memory[INPUT_AT + rest] = 0x01
  memory[end - 1] = (memory[end - 1] ?? 0) | 0x80
  run(INPUT_AT, blocks)
  return memory.slice(0, 32)
}

/** Absorb `count` blocks from `pointer` into the state at 0. */
function absorbCode(): Code {
  const code: Code[] = []
  const lanes = Array.from({ length: STATE_LANES }, (_, lane) => lane)
  for (const lane of lanes) code.push(ZERO, load(lane * 8), set(A + lane))
  code.push(0x03, 0x40) // loop over blocks
  for (let lane = 0; lane < RATE / 8; lane++) {
    code.push(get(A + lane), get(POINTER), load(lane * 8), XOR, set(A + lane))
  }
  code.push(ZERO, set(ROUND), 0x03, 0x40) // loop over rounds
  for (let round = 0; round < UNROLLED; round++) code.push(roundCode(round))
  code.push(get(ROUND), 0x41, signed(8 * UNROLLED), 0x6a, 0x22, unsigned(ROUND)) // round += 8 * UNROLLED
  code.push(0x41, signed(ROUNDS * 8), 0x49, 0x0d, 0x00, 0x0b) // again while below 24 * 8
  code.push(get(POINTER), 0x41, signed(RATE), 0x6a, set(POINTER))
  code.push(get(COUNT), 0x41, 0x01, 0x6b, 0x22, COUNT, 0x0d, 0x00, 0x0b) // again while count - 1 > 0
  for (const lane of lanes) code.push(ZERO, get(A + lane), store(lane * 8))
  return code
}

/** One round: the one that is `unrolled` rounds behind the counter. */
function roundCode(unrolled: number): Code {
  const code: Code[] = []
  for (let x = 0; x < 5; x++) {
    code.push(get(A + x))
    for (let y = 1; y < 5; y++) code.push(get(A + x + 5 * y), XOR)
    code.push(set(C + x))
  }
  for (let x = 0; x < 5; x++) {
    code.push(get(C + ((x + 4) % 5)), get(C + ((x + 1) % 5)), 0x42, 0x01, ROTL, XOR, set(D + x))
  }
  const rotations = rotationOffsets()
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 5; x++) {
      // Lane (x, y) of the permuted state is lane (x + 3y, x) of the old one.
      const column = (x + 3 * y) % 5
      const from = column + 5 * x
      code.push(get(A + from), get(D + column), XOR, 0x42, signed(rotations[from] ?? 0), ROTL, set(B + x))
    }
    for (let x = 0; x < 5; x++) {
      code.push(get(B + x), get(B + ((x + 1) % 5)), ONES, XOR, get(B + ((x + 2) % 5)), AND, XOR)
      if (x + y === 0) code.push(get(ROUND), load(CONSTANTS_AT + 8 * unrolled), XOR)
      code.push(set(NEXT + 5 * y + x))
    }
  }
  for (let lane = 0; lane < STATE_LANES; lane++) code.push(get(NEXT + lane), set(A + lane))
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
function roundConstants(): Uint8Array {
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
