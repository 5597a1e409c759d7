import { stat } from 'node:fs/promises'
import { LocationError } from '../location/errors.ts'
import { shownAddress } from '../location/http/address.ts'
import { type HttpObjectsOptions, httpObjects } from '../objects/http-objects.ts'
import type { Objects, WritableObjects } from '../objects/objects.ts'
import { type S3ObjectsOptions, s3Objects } from '../objects/s3-objects.ts'
import { folderObjects } from './folder-objects.ts'
import { parseNamed } from './named.ts'
import { s3FromEnvironment } from './s3-environment.ts'

export interface OpenWritableObjectsOptions {
  /** Default: {@link s3FromEnvironment} of the process. */
  readonly s3?: S3ObjectsOptions | undefined
}

export interface OpenObjectsOptions extends OpenWritableObjectsOptions {
  readonly http?: HttpObjectsOptions | undefined
}

/**
 * The objects that a text names, to be read: those in a folder (a path or `file://`), below an address of a web server
 * (`http://`, `https://`), or under a prefix of a bucket (`s3://bucket/prefix`). Nothing is requested yet.
 *
 * @throws {LocationError} `NOT_FOUND`: there is no such folder; `BAD_ADDRESS`
 */
export async function openObjects(text: string, options: OpenObjectsOptions = {}): Promise<Objects> {
  const named = parseNamed(text)
  if (named.kind === 'http') return httpObjects(text, options.http)
  if (named.kind === 's3') return openBucket(text, options)
  const stats = await stat(named.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
  })
  if (stats?.isDirectory()) return folderObjects(named.path)
  throw new LocationError('NOT_FOUND', `${named.path}: there is no such folder`)
}

/**
 * The objects that a text names, to be stored and read: those in a folder, which is made when the first is stored, or in
 * a bucket. Nothing is requested yet.
 *
 * @throws {LocationError} `BAD_ADDRESS`, also for a web server
 */
export async function openWritableObjects(
  text: string,
  options: OpenWritableObjectsOptions = {},
): Promise<WritableObjects> {
  const named = parseNamed(text)
  if (named.kind === 'path') return folderObjects(named.path)
  if (named.kind === 's3') return openBucket(text, options)
  const message = `${shownAddress(text)}: a web server can only be read; publish to a folder or to s3://bucket/prefix`
  throw new LocationError('BAD_ADDRESS', message)
}

function openBucket(text: string, { s3 }: OpenWritableObjectsOptions): WritableObjects {
  return s3Objects(text, s3 ?? s3FromEnvironment(process.env))
}
