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
  unsigned,
  type WasmRoutine,
} from './wasm.ts'

const BLOCK = 64
/** Memory: eight words of state at 0, then the round constants; input blocks from here. */
const CONSTANTS_AT = 64
const INPUT_AT = 1024
const PAGES = 2
const INPUT_BLOCKS = Math.floor((PAGES * 65536 - INPUT_AT) / BLOCK) - 1

/** Local variables: working words a to h, the last 16 words of the message schedule, a temporary, and: */
const WORKING = 2
const SCHEDULE = WORKING + 8
const TEMPORARY = SCHEDULE + 16
/** Position of the next 16 round constants, counted from the first. */
const GROUP = TEMPORARY + 1

const load = (offset: number): Code => [0x28, 0x02, unsigned(offset)]
const store = (offset: number): Code => [0x36, 0x02, unsigned(offset)]
const ZERO = [0x41, 0x00]
const ADD = 0x6a
const AND = 0x71
const XOR = 0x73
const OR = 0x72
const rotr = (value: Code, bits: number): Code => [value, 0x41, bits, 0x78]

const WORDS: Sha256Words = {
  ...{ working: WORKING, schedule: SCHEDULE, temporary: TEMPORARY, group: GROUP },
  ...{ add: ADD, xor: XOR, rotr },
  shr: (value, bits) => [value, 0x41, bits, 0x76],
  choose: (e, f, g) => [f, g, XOR, e, AND, g, XOR],
  majority: (a, b, c) => [a, b, OR, c, AND, a, b, AND, OR],
  loadConstant: (offset) => load(CONSTANTS_AT + offset),
}

/** SHA-256 in WebAssembly; `undefined` where that is not available. */
export function wasmSha256(): ((data: Uint8Array) => Uint8Array) | undefined {
  const routine = compileRoutine({
    locals: [{ count: GROUP - WORKING + 1, type: I32 }],
    code: compressCode(),
    pages: PAGES,
    dataAt: CONSTANTS_AT,
    data: new Uint8Array(fractions(64, 1 / 3).buffer),
  })
  if (routine === undefined) return undefined
  const state = new Uint32Array(routine.memory.buffer, 0, 8)
  return (data) => digest(routine, state, data)
}

const INITIAL = fractions(8, 1 / 2)

function digest({ memory, run }: WasmRoutine, state: Uint32Array, data: Uint8Array): Uint8Array {
  for (let i = 0; i < 8; i++) state[i] = INITIAL[i] as number
  let at = 0
  for (; data.length - at >= INPUT_BLOCKS * BLOCK; at += INPUT_BLOCKS * BLOCK) {
    memory.set(data.subarray(at, at + INPUT_BLOCKS * BLOCK), INPUT_AT)
    run(INPUT_AT, INPUT_BLOCKS)
  }
  const rest = data.length - at
  const blocks = Math.floor((rest + 8) / BLOCK) + 1
  const end = INPUT_AT + blocks * BLOCK
  memory.set(at === 0 ? data : data.subarray(at), INPUT_AT)
  memory.fill(0, INPUT_AT + rest, end)
  memory[INPUT_AT + rest] = 0x80
  let bits = data.length * 8
  for (let i = end - 1; bits > 0; i--) {
    memory[i] = bits % 256
    bits = Math.floor(bits / 256)
  }
  run(INPUT_AT, blocks)
  const out = new Uint8Array(32)
  for (let i = 0; i < 32; i++) out[i] = (state[i >> 2] as number) >>> (24 - 8 * (i & 3))
  return out
}

/** Compress `count` blocks from `pointer` into the state at 0. */
function compressCode(): Code {
  const sixteen = Array.from({ length: 16 }, (_, i) => i)
  const code: Code[] = [0x03, 0x40] // loop over blocks
  for (let i = 0; i < 8; i++) code.push(ZERO, load(4 * i), set(WORKING + i))
  for (const i of sixteen) code.push(bigEndianWord(4 * i), set(SCHEDULE + i))
  code.push(roundsCode(WORDS))
  for (let i = 0; i < 8; i++) {
    code.push(ZERO, ZERO, load(4 * i), get(WORKING + i), ADD, store(4 * i))
  }
  code.push(get(POINTER), constant(BLOCK), ADD, set(POINTER))
  code.push(get(COUNT), 0x41, 0x01, 0x6b, 0x22, COUNT, 0x0d, 0x00, 0x0b) // again while count - 1 > 0
  return code
}

/** The word at `pointer + offset`, most significant byte first. */
function bigEndianWord(offset: number): Code {
  return [
    [rotr([get(POINTER), load(offset), 0x22, TEMPORARY], 24), constant(0x00ff00ff), AND],
    [rotr(get(TEMPORARY), 8), constant(0xff00ff00), AND, OR],
  ]
}
