import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createFile, openFile } from '@datastreamer/e2store/node'
import { Archive, type OpenArchiveOptions, type SegmentFile } from '../archive/archive.ts'
import type { SegmentSink } from '../export/segment-sequence.ts'
import { nodeCodecs } from './node-codecs.ts'

/** A segment in a file. */
export function segmentFile(path: string): SegmentFile {
  return { name: path, open: () => openFile(path) }
}

/**
 * The paths of the segments at `paths`, each once: of a folder all files in it that are named `.e2ds`, of a file that
 * file.
 *
 * @throws `ENOENT` with the `path` that is not there
 */
export async function findSegments(paths: string | readonly string[]): Promise<string[]> {
  const found = await Promise.all([paths].flat().map(segmentsAt))
  return [...new Map(found.flat().map((path) => [resolve(path), path])).values()]
}

async function segmentsAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const names = await readdir(path)
  return names.filter((name) => name.endsWith('.e2ds')).map((name) => join(path, name))
}

/** Open the archive that files, or the files in folders, are the segments of. Throws as {@link Archive.open}. */
export async function openArchive(
  paths: string | readonly string[],
  options: OpenArchiveOptions = {},
): Promise<Archive> {
  const found = await findSegments(paths)
  return Archive.open(found.map(segmentFile), { codecs: nodeCodecs, ...options })
}

/**
 * Where `writeArchive` makes its files: in a folder, made if absent. A file appears under its name once it is whole and
 * durable.
 *
 * @returns its option `create`
 */
export async function segmentFolder(folder: string): Promise<(name: string) => Promise<SegmentSink>> {
  await mkdir(folder, { recursive: true })
  return async (name) => {
    // A segment's name is that of its content: another of that name is the same.
    const file = await createFile(join(folder, name), { replace: true })
    return {
      get position() {
        return file.position
      },
      write: (bytes) => file.write(bytes),
      commit: (final) => file.commit(join(folder, final)),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    }
  }
}
