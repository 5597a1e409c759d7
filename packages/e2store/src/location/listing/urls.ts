import { fileNameOf } from '../http/address.ts'
import { isArchiveName } from '../names.ts'

/** An archive and its address, which may be on another server than the list. */
export interface ListedUrl {
  readonly name: string
  readonly url: string
}

const MAX_LINE = 2048

/**
 * The archives in a list of addresses, one a line, as download programs take them. Comments, options, and what is no
 * address of an archive are left out.
 */
export function parseUrls(text: string): ListedUrl[] {
  const found = new Map<string, ListedUrl>()
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    if (line.length > MAX_LINE || !/^https?:\/\//i.test(line)) continue
    // Several addresses of one file are separated by tabs.
    const url = line.split('\t', 1)[0]?.trim() ?? ''
    const name = nameOf(url)
    if (name !== undefined && isArchiveName(name) && !found.has(name)) found.set(name, { name, url })
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function nameOf(url: string): string | undefined {
  try {
    return fileNameOf(url)
  } catch {
    return undefined
  }
}
