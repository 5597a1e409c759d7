import { LocationError } from '../errors.ts'
import { isFileName } from '../names.ts'
import { distinct, type FoundFile } from './found.ts'
import type { S3Page } from './s3-xml.ts'

/** More than ten million keys. */
const MAX_PAGES = 10_000

/**
 * The files under a prefix of a bucket, from all pages of its list. Keys in folders below are left out.
 *
 * @param load the page that a token or a marker asks for
 * @throws {LocationError} `BAD_LISTING` if the pages do not end
 */
export async function collectS3(
  first: S3Page,
  prefix: string,
  shown: string,
  load: (next: NonNullable<S3Page['next']>) => Promise<S3Page>,
): Promise<FoundFile[]> {
  const files: FoundFile[] = []
  const asked = new Set<string>()
  let page = first
  for (;;) {
    for (const { key, size } of page.keys) {
      const name = key.startsWith(prefix) ? key.slice(prefix.length) : ''
      if (isFileName(name)) files.push({ name, size })
    }
    if (page.next === undefined) return distinct(files)
    const next = JSON.stringify(page.next)
    if (asked.has(next) || asked.size === MAX_PAGES) {
      throw new LocationError(
        'BAD_LISTING',
        `${shown}: the list does not end: page ${asked.size + 1} leads to one before`,
      )
    }
    asked.add(next)
    page = await load(page.next)
  }
}
