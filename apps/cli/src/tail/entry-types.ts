import { MAX_ENTRY_TYPES } from '@datastreamer/format'
import { entryKind, type Generation } from '@datastreamer/sequencer-entries'
import { InvalidArgumentError } from 'commander'
import { UsageError } from '../errors.ts'

/** An entry type as the command line names it: by its number, or by what it is in a sequencer's stream. */
export type NamedType = number | string

/** Types above this have no names. */
const LAST_NAMED = 0xff

/** Read numbers, decimal or hex, and names, with commas in between. */
export function readTypes(text: string): readonly NamedType[] {
  const types = text.split(',').map((word) => readType(word.trim()))
  if (types.length <= MAX_ENTRY_TYPES) return types
  throw new InvalidArgumentError(`Expected ${MAX_ENTRY_TYPES} types at most.`)
}

function readType(word: string): NamedType {
  if (/^[a-z][a-z0-9]*$/i.test(word)) return word
  const number = /^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(word) ? Number(word) : Number.NaN
  if (number <= 0xffff_ffff) return number
  throw new InvalidArgumentError(
    'Expected numbers of entry types, as 2 or 0xb0, or their names, with commas in between.',
  )
}

/** The numbers of types. @throws {UsageError} if a name is none in a stream of this generation */
export function typesOf(types: readonly NamedType[], generation: Generation): number[] {
  const numbers = new Map<string, number>()
  for (let type = 0; type <= LAST_NAMED; type++) {
    const kind = entryKind(type, generation)
    if (kind !== 'unknown') numbers.set(kind.toLowerCase(), type)
  }
  return types.map((type) => {
    const number = typeof type === 'number' ? type : numbers.get(type.toLowerCase())
    if (number !== undefined) return number
    const names = Array.from(numbers.values(), (known) => entryKind(known, generation)).join(', ')
    throw new UsageError('USAGE', `--types: no entries are of type ${type}, known are: ${names}`)
  })
}
