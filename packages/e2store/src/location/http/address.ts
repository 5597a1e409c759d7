import { LocationError } from '../errors.ts'
import { checkFileName } from '../names.ts'
import { web } from '../web.ts'

/** Where something is on a web server. */
export interface Address {
  /** Without credentials and fragment. */
  readonly url: string
  /** For messages: without anything that may be a secret. */
  readonly shown: string
  /** Headers for this server: one that it redirects to does not get them. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Take an `http://` or `https://` address apart. User and password in it become a header.
 *
 * @param headers others for this server
 * @throws {LocationError} `BAD_ADDRESS`
 */
export function parseAddress(text: string, headers: Readonly<Record<string, string>> = {}): Address {
  const bad = (why: string, cause?: unknown): LocationError =>
    new LocationError('BAD_ADDRESS', `${why}: ${withoutSecrets(text)}`, { cause })
  let url: InstanceType<typeof web.URL>
  try {
    url = new web.URL(text)
  } catch (error) {
    throw bad('not an address', error)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad('not an http:// or https:// address')
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.hash = ''
  const address = { url: url.href, shown: shownUrl(url.href), headers }
  if (username === '' && password === '') return address
  const pair = new web.TextEncoder().encode(`${decoded(username)}:${decoded(password)}`)
  return { ...address, headers: { authorization: `Basic ${web.btoa(String.fromCharCode(...pair))}`, ...headers } }
}

/** An address for messages: a query may hold a signature, and is left out. */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, (rest) => (rest.startsWith('?') ? '?…' : ''))
}

/**
 * An address as messages show it: without user, password, query and fragment. What is no address of a web server stays as
 * it is.
 */
export function shownAddress(text: string): string {
  return /^https?:\/\//i.test(text) ? shownUrl(text.replace(/\/\/[^/?#]*@/, '//')) : text
}

/** The address of a file in a folder. @throws {LocationError} `BAD_NAME` */
export function fileIn(folder: Address, name: string): Address {
  return keyIn(folder, checkFileName(name))
}

/** The address of what lies under a key, whose parts were checked, in a folder. */
export function keyIn(folder: Address, key: string): Address {
  const { href } = new web.URL(`./${key.split('/').map(encodeURIComponent).join('/')}`, folder.url)
  return { ...folder, url: href, shown: shownUrl(href) }
}

/** The folder of a page: `index.html` is left out, a final slash added. */
export function folderOf(page: Address): Address {
  const folder = new web.URL(page.url)
  folder.search = ''
  folder.pathname = folder.pathname.replace(/\/index\.html?$/i, '/').replace(/([^/])$/, '$1/')
  return { ...page, url: folder.href, shown: shownUrl(folder.href) }
}

/** The name of the file that an address is of; `undefined` if it ends in a slash, or in what is no name. */
export function fileNameOf(url: string): string | undefined {
  const last = new web.URL(url).pathname.split('/').at(-1) ?? ''
  try {
    return checkFileName(decodeURIComponent(last))
  } catch {
    return undefined
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Text that may or may not be an address, for messages. */
function withoutSecrets(text: string): string {
  return JSON.stringify(shownUrl(text.replace(/\/\/[^/@]*@/, '//')).slice(0, 200))
}
