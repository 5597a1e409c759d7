import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { LocationError } from '../location/errors.ts'
import { fileNameOf, parseAddress } from '../location/http/address.ts'
import { type HttpLocationOptions, httpLocation } from '../location/http-location.ts'
import type { Location } from '../location/location.ts'
import { isE2StoreName } from '../location/names.ts'
import { onlyFile } from '../location/only-file.ts'
import { type S3LocationOptions, s3Location } from '../location/s3-location.ts'
import { folderLocation } from './folder-location.ts'
import { parseNamed } from './named.ts'
import { s3FromEnvironment } from './s3-environment.ts'

export interface OpenLocationOptions {
  readonly http?: HttpLocationOptions
  /** Default: {@link s3FromEnvironment} of the process. */
  readonly s3?: S3LocationOptions
}

/**
 * The location that a text names: a path, or an address that begins with `file://`, `http://`, `https://` or `s3://`; of
 * a folder, or of one file.
 *
 * An address on a network is that of a file if its last part has the extension of an e2store file. Nothing is requested
 * yet.
 *
 * @throws {LocationError} `NOT_FOUND`, `BAD_ADDRESS`
 */
export async function openLocation(text: string, options: OpenLocationOptions = {}): Promise<Location> {
  const named = parseNamed(text)
  if (named.kind === 'path') return localLocation(named.path)
  if (named.kind === 'http') {
    const name = fileNameOf(parseAddress(text).url)
    return one(httpLocation(withoutFile(text, name), options.http), name)
  }
  const name = text.slice(text.lastIndexOf('/') + 1)
  return one(s3Location(withoutFile(text, name), options.s3 ?? s3FromEnvironment(process.env)), name)
}

async function localLocation(path: string): Promise<Location> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new LocationError('NOT_FOUND', `${path}: there is no such file or folder`, { cause: error })
  })
  return stats.isDirectory() ? folderLocation(path) : onlyFile(folderLocation(dirname(path)), basename(path), path)
}

/** An address without the name of a file at its end. */
function withoutFile(text: string, name: string | undefined): string {
  if (name === undefined || !isE2StoreName(name)) return text
  return text.replace(/[^/?#]*(?:[?#].*)?$/s, '')
}

function one(folder: Location, name: string | undefined): Location {
  return name === undefined || !isE2StoreName(name) ? folder : onlyFile(folder, name)
}
