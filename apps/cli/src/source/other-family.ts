import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { defaultMagic } from '@datastreamer/format'
import { WrongFileError } from '../errors.ts'

/** What stream files begin with. docs/spec/stream-file.md §2 */
const MAGIC = defaultMagic()
/** The Version record that every e2store file begins with. */
const VERSION_RECORD = Uint8Array.of(0x65, 0x32, 0, 0, 0, 0, 0, 0)
/** Names of e2store files, for those whose beginning is damaged. */
const E2STORE_NAMES: ReadonlySet<string> = new Set(
  ['e2s', 'e2i', 'era', 'era1', 'ere', 'erae', 'e2hs', 'e2ss', 'e2ds'].map((kind) => `.${kind}`),
)

/** What a file is for: commands for streams, or those of `e2store`. */
type Family = 'stream' | 'e2store'

/** Refuse an e2store file where a stream file is wanted. @throws {WrongFileError} naming the command for it */
export function refuseE2store(path: string): void {
  if (familyOf(path) !== 'e2store') return
  const isArchive = extname(path).toLowerCase() === '.e2ds'
  const rest = isArchive ? ', and e2store import makes the stream file again' : ''
  const message = `${path} is an e2store file, not a stream file: datastreamer e2store info ${path} shows it${rest}`
  throw new WrongFileError('WRONG_FILE', message)
}

/** Refuse a stream file where an e2store file is wanted. @throws {WrongFileError} naming the command for it */
export function refuseStream(path: string): void {
  if (familyOf(path) !== 'stream') return
  const rest = ', and e2store export archives it'
  const message = `${path} is a stream file, not an e2store file: datastreamer info ${path} shows it${rest}`
  throw new WrongFileError('WRONG_FILE', message)
}

/** `undefined` for what is neither, or cannot be read: opening it says why. */
function familyOf(path: string): Family | undefined {
  const start = startOf(path)
  if (start === undefined) return undefined
  if (beginsWith(start, MAGIC)) return 'stream'
  return beginsWith(start, VERSION_RECORD) || E2STORE_NAMES.has(extname(path).toLowerCase()) ? 'e2store' : undefined
}

function startOf(path: string): Uint8Array | undefined {
  try {
    // A pipe would be waited for.
    if (!statSync(path).isFile()) return undefined
    const handle = openSync(path, 'r')
    try {
      const bytes = new Uint8Array(MAGIC.length)
      return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(handle)
    }
  } catch {
    return undefined
  }
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => bytes[i] === byte)
}
