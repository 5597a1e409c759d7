import { decodeBase64, encodeBase64 } from '@datastreamer/format/signing'
import { NoteError } from './errors.ts'

/** The root of a tree without leaves: SHA-256 of nothing. */
const EMPTY_ROOT = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
const MAX_SIZE = 0x7fff_ffff_ffff_ffffn

/** The state of a log: how many leaves, and what they are. @see https://c2sp.org/tlog-checkpoint@v1.0.0 */
export interface Checkpoint {
  /** Which log it is of. */
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
}

/** The text of a checkpoint's note. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

/**
 * Read the text of a checkpoint's note. Lines after the third are passed over.
 *
 * @throws {NoteError} `MALFORMED`
 */
export function parseCheckpoint(text: string): Checkpoint {
  const malformed = (what: string): NoteError => new NoteError('MALFORMED', `not a checkpoint: ${what}`)
  if (!text.endsWith('\n')) throw malformed('no line end at its end')
  const [origin = '', size = '', encoded = '', ...rest] = text.slice(0, -1).split('\n')
  if (origin === '') throw malformed('it names no log')
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(size)) throw malformed(`its size is ${JSON.stringify(size.slice(0, 40))}`)
  if (BigInt(size) > MAX_SIZE) throw malformed(`its size is ${size}, expected ${MAX_SIZE} at most`)
  const root = decodeBase64(encoded)
  if (root?.length !== 32) throw malformed('its third line is no hash')
  if (size === '0' && encoded !== EMPTY_ROOT) throw malformed('its root is not that of a log without leaves')
  if (rest.includes('')) throw malformed('an empty line')
  return { origin, size: BigInt(size), root }
}
