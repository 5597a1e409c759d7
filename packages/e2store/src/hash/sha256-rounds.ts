import { type Code, constant, get, set } from './wasm.ts'

/** The operations on words of SHA-256: on one, or on several in parallel. */
export interface Sha256Words {
  /** Local variables: working words a to h, the last 16 words of the schedule, a temporary. */
  readonly working: number
  readonly schedule: number
  readonly temporary: number
  /** Local variable of 32 bits: position of the next 16 round constants, counted from the first. */
  readonly group: number
  readonly add: Code
  readonly xor: Code
  rotr(value: Code, bits: number): Code
  shr(value: Code, bits: number): Code
  /** Bits of `f` where `e` has ones, else of `g`. */
  choose(e: Code, f: Code, g: Code): Code
  /** Bits that at least two of three have. */
  majority(a: Code, b: Code, c: Code): Code
  /** The round constant `offset` bytes after the position on the stack. */
  loadConstant(offset: number): Code
}

/** Bytes of the round constants of 16 rounds, and of all. */
const GROUP_BYTES = 64
const ALL_BYTES = 4 * GROUP_BYTES

const sixteen = Array.from({ length: 16 }, (_, i) => i)

/** The 64 rounds over the block in the schedule. */
export function roundsCode(words: Sha256Words): Code {
  const code: Code[] = [constant(0), set(words.group), 0x03, 0x40] // loop over groups of 16 rounds
  for (const round of sixteen) code.push(roundCode(words, round))
  code.push(get(words.group), constant(GROUP_BYTES), 0x6a, 0x22, words.group)
  code.push(constant(ALL_BYTES), 0x49, 0x04, 0x40) // if another group follows
  for (const round of sixteen) code.push(scheduleCode(words, round))
  code.push(0x0c, 0x01, 0x0b, 0x0b) // go round the loop; end if, end loop
  return code
}

/** w[t] = s1(w[t-2]) + w[t-7] + s0(w[t-15]) + w[t-16], replacing the last. */
function scheduleCode(words: Sha256Words, round: number): Code {
  const { schedule, add, rotr, shr } = words
  const word = (back: number): Code => get(schedule + ((round - back) & 15))
  return [
    [xor3(words, rotr(word(2), 17), rotr(word(2), 19), shr(word(2), 10)), word(7), add],
    [xor3(words, rotr(word(15), 7), rotr(word(15), 18), shr(word(15), 3)), add],
    [word(16), add, set(schedule + round)],
  ]
}

/** One round; the working words are not moved but renamed. */
function roundCode(words: Sha256Words, round: number): Code {
  const { working, schedule, temporary, group, add, rotr } = words
  const name = (i: number): number => working + ((i - round) & 7)
  const [a, b, c, d] = [get(name(0)), get(name(1)), get(name(2)), name(3)]
  const [e, f, g, h] = [get(name(4)), get(name(5)), get(name(6)), name(7)]
  return [
    [get(h), xor3(words, rotr(e, 6), rotr(e, 11), rotr(e, 25)), add, words.choose(e, f, g), add],
    [get(group), words.loadConstant(4 * round), add, get(schedule + round), add],
    [0x22, temporary, get(d), add, set(d)],
    [get(temporary), xor3(words, rotr(a, 2), rotr(a, 13), rotr(a, 22)), add],
    [words.majority(a, b, c), add, set(h)],
  ]
}

function xor3({ xor }: Sha256Words, a: Code, b: Code, c: Code): Code {
  return [a, b, xor, c, xor]
}
