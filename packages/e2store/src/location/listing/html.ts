import { isArchiveName, isListName, isSidecarName } from '../names.ts'
import { web } from '../web.ts'
import { distinct, type FoundFile } from './found.ts'

/** A link, or a string that may be one in a script; with a number that follows it there as its size. */
const ADDRESSES =
  /href\s*=\s*(?:'([^'<>\n]{1,2048})'|([^\s"'<>]{1,2048}))|"([^"<>\n]{1,2048})"(?:\s{0,64},\s{0,64}"size"\s{0,64}:\s{0,64}(\d{1,16})(?![\d.]))?/gi
/** What follows a link where a server lists a folder: date, time and size. */
const LISTED_SIZE =
  /^[^<>\n]{0,400}<\/a>[ \t]{0,100}\d[\w-]{5,20}[ \t]+\d\d:\d\d(?::\d\d)?[ \t]{1,100}(\d{1,16})[ \t]*\r?$/
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * The archives and lists that a page links to, or has as strings in a script, in its own folder. What is shown does not
 * matter: servers shorten it.
 *
 * @param page address of the page
 */
export function parseHtml(text: string, page: string): FoundFile[] {
  const folder = folderKey(page)
  const found: FoundFile[] = []
  for (const match of text.matchAll(ADDRESSES)) {
    const [whole, inQuotes, bare, inString, scriptSize] = match
    const name = nameIn(withoutEntities(inQuotes ?? bare ?? inString ?? ''), page, folder)
    if (name === undefined) continue
    const size = scriptSize ?? listedSize(text, match.index + whole.length)
    found.push(size === undefined ? { name } : { name, size: Number(size) })
  }
  return distinct(found)
}

/** The name of a file that an address leads to, if it is in the same folder. */
function nameIn(address: string, page: string, folder: string): string | undefined {
  let url: InstanceType<typeof web.URL>
  try {
    url = new web.URL(address, page)
    if (folderKey(url.href) !== folder) return undefined
    const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1))
    return isArchiveName(name) || isSidecarName(name) || isListName(name) ? name : undefined
  } catch {
    return undefined
  }
}

/** Host and path of a folder: a page may have been stored under http and be served under https. */
function folderKey(address: string): string {
  const { host, pathname } = new web.URL(address)
  return `${host}${pathname.slice(0, pathname.lastIndexOf('/') + 1)}`
}

/** The size after a link that ends at `at`, if it is exact: a plain number at the end of the line. */
function listedSize(text: string, at: number): string | undefined {
  const close = text.indexOf('>', at)
  if (close < 0 || close - at > 200) return undefined
  const end = text.indexOf('\n', close)
  const line = text.slice(close + 1, Math.min(end < 0 ? text.length : end, close + 1024))
  return LISTED_SIZE.exec(line)?.[1]
}

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0x10_ffff ? whole : String.fromCodePoint(code)
  })
}
