import { fileURLToPath } from 'node:url'
import type { OpenedFile } from '@datastreamer/e2store/location'
import { httpSource, LocationError, s3Location, shownAddress } from '@datastreamer/e2store/location'
import { s3FromEnvironment } from '@datastreamer/e2store/node'
import { MissingError, UsageError } from '../errors.ts'

const ADDRESS = /^(https?|s3):\/\//i

/** Whether an argument names a file or a folder on a server, not a path. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}

/** An argument as a path, if it names something on this machine by its `file://` address. @throws {UsageError} */
export function localPath(text: string): string {
  if (!/^file:\/\//i.test(text)) return mustBePath(text)
  try {
    return fileURLToPath(text)
  } catch (error) {
    throw new UsageError('USAGE', `${text}: not the address of a file on this machine`, { cause: error })
  }
}

/** @throws {UsageError} it is an address of a kind that is not read */
function mustBePath(text: string): string {
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? []
  if (scheme === undefined) return text
  const expected = 'a path, file://, http(s):// or s3://'
  throw new UsageError('USAGE', `${shownAddress(text)}: ${scheme} is not known: expected ${expected}`)
}

/** A path, where nothing else will do. @param why of an address @throws {UsageError} it is an address */
export function localOnly(text: string, why: string): string {
  if (!isAddress(text)) return localPath(text)
  throw new UsageError('USAGE', `${shownAddress(text)}: ${why}: mirror it first`)
}

/** The name of the file that an address or a path ends with. */
export function lastName(text: string): string {
  if (!isAddress(text)) return text.split(/[/\\]/).at(-1) ?? text
  const last =
    text
      .replace(/[?#].*$/s, '')
      .split('/')
      .at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}

/** Open a file on a server. @throws {LocationError} @throws {MissingError} there is no such file */
export async function openAddress(address: string, signal: AbortSignal): Promise<OpenedFile> {
  try {
    if (!/^s3:/i.test(address)) return await httpSource(address, { signal })
    const folder = address.slice(0, address.lastIndexOf('/') + 1)
    return await s3Location(folder, s3FromEnvironment(process.env)).open(address.slice(folder.length), { signal })
  } catch (error) {
    if (!(error instanceof LocationError && error.code === 'NOT_FOUND')) throw error
    throw new MissingError('NOT_FOUND', error.message, { cause: error })
  }
}
