import { LocationError } from './errors.ts'

/** File systems allow no longer names. */
const MAX_NAME = 255
/** No other folder, no control characters, nothing that a shell or another system reads as a part of a path. */
const SAFE = /^[^/\\:\p{Cc}]+$/u
/** The archives that are published, and names that some writers give them: a count before the hash, a profile after it. */
const ARCHIVE = /^(.+)-(\d{5,10})-(?:(\d{5})-)?([0-9a-f]{8})((?:-[a-z]+)*)\.(era1|era|ere|erae|e2hs)$/
const EXTENSION = /\.(?:e2s|e2i|era|era1|ere|erae|e2hs|e2ss|e2ds|idx)$/i
/** What the name of a sidecar adds to that of its archive. */
const SIDECAR = '.idx'
/** Lists that lie beside archives. */
const LIST = /^(?:checksums?[\w-]*|sha256sums?|urls|accumulators|manifest)(?:\.txt|\.json)?$/i

/** Whether untrusted text can be the name of a file in one folder. */
export function isFileName(name: string): boolean {
  return name.length <= MAX_NAME && SAFE.test(name) && name !== '.' && name !== '..'
}

/** The name, if it cannot lead to another folder. @throws {LocationError} `BAD_NAME` */
export function checkFileName(name: string): string {
  if (isFileName(name)) return name
  throw new LocationError('BAD_NAME', `${JSON.stringify(name.slice(0, 120))} is not the name of a file in a folder`)
}

/** Whether a file with this untrusted name may be an archive. */
export function isArchiveName(name: string): boolean {
  return isFileName(name) && ARCHIVE.test(name)
}

/** Whether a file with this untrusted name may be the sidecar of an archive. */
export function isSidecarName(name: string): boolean {
  return name.endsWith(SIDECAR) && isArchiveName(name.slice(0, -SIDECAR.length))
}

/** Whether a file with this untrusted name may be a list of checksums or addresses. */
export function isListName(name: string): boolean {
  return name.length <= MAX_NAME && LIST.test(name)
}

/** Whether a name has the extension of an e2store file. */
export function isE2StoreName(name: string): boolean {
  return isFileName(name) && EXTENSION.test(name)
}
