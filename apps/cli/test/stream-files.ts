import { closeSync, existsSync, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BOOKMARK_TYPE,
  decodeHeaderPage,
  HEADER_PAGE_BYTES,
  type Header,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
} from '@datastreamer/format'
import { openReader } from '@datastreamer/store'
import { linesOf } from './cli.ts'

/** The header of a stream file. */
export function headerOf(file: string): Header {
  return decodeHeaderPage(readStart(file, HEADER_PAGE_BYTES))
}

/** The bytes of a stream file up to its end. */
export function used(file: string): Buffer {
  return readStart(file, headerOf(file).totalLength)
}

/** Copy a stream file, without the pages that it does not use and what lies beside it. */
export function copyStream(from: string, to: string): void {
  const pages = pagesInUse(headerOf(from).totalLength)
  writeFileSync(to, readStart(from, pageStart(pages)))
}

/** The bookmarks of a stream file, in order. */
export async function bookmarksOf(file: string): Promise<Uint8Array[]> {
  await using reader = await openReader(file)
  const bookmarks: Uint8Array[] = []
  for await (const { type, data } of reader.entries({ follow: false })) {
    if (type === BOOKMARK_TYPE) bookmarks.push(data.slice())
  }
  return bookmarks
}

/** Whether two stream files have the same used bytes. */
export function sameStream(a: string, b: string): boolean {
  return used(a).equals(used(b))
}

function readStart(file: string, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  const handle = openSync(file, 'r')
  try {
    for (let have = 0; have < length; ) {
      const got = readSync(handle, bytes, have, Math.min(PAGE_BYTES, length - have), have)
      if (got === 0) throw new RangeError(`${file} has only ${have} of ${length} bytes`)
      have += got
    }
  } finally {
    closeSync(handle)
  }
  return bytes
}

/** Make streams of made-up blocks in a folder, or copy those that were made there before. */
export function generator(
  folder: string,
): (file: string, blocks: number, seed?: number, chainId?: number) => Promise<void> {
  return async (file, blocks, seed = 1, chainId = 1101) => {
    const made = join(folder, `${blocks}-${seed}-${chainId}.bin`)
    if (!existsSync(made)) {
      await linesOf('generate', made, '--blocks', `${blocks}`, '--seed', `${seed}`, '--chain-id', `${chainId}`)
    }
    copyStream(made, file)
  }
}
