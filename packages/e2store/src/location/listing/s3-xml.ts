/** One page of the list of a bucket. */
export interface S3Page {
  /** Keys with their sizes in bytes, as they are in the list. */
  readonly keys: readonly { readonly key: string; readonly size: number }[]
  /** What the next page is asked for with: a token of version 2, or a marker of version 1; `undefined` on the last page. */
  readonly next: { readonly token: string } | { readonly marker: string } | undefined
}

const MAX_KEY = 1024
const ENTITY = /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});/g
const NAMED: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" }

/**
 * Read a page of `ListObjectsV2` or `ListObjects`; `undefined` if the text is none.
 *
 * Only these answers are understood, not XML in general: elements without attributes, no comments, no CDATA.
 */
export function parseS3List(text: string): S3Page | undefined {
  const start = text.indexOf('<ListBucketResult')
  const end = text.lastIndexOf('</ListBucketResult>')
  if (start < 0 || end < start) return undefined
  const list = text.slice(start, end)
  const keys: { key: string; size: number }[] = []
  const outside: string[] = []
  const isEncoded = element(list, 'EncodingType') === 'url'
  const decode = (key: string): string => (isEncoded ? urlDecoded(key) : key)
  let at = 0
  for (let open = list.indexOf('<Contents>'); open >= 0; open = list.indexOf('<Contents>', at)) {
    outside.push(list.slice(at, open))
    const close = list.indexOf('</Contents>', open)
    if (close < 0) break
    const entry = list.slice(open, close)
    at = close + '</Contents>'.length
    const key = element(entry, 'Key')
    const size = Number(element(entry, 'Size') ?? Number.NaN)
    if (key !== undefined && key.length <= MAX_KEY && Number.isSafeInteger(size) && size >= 0)
      keys.push({ key: decode(key), size })
  }
  outside.push(list.slice(at))
  return { keys, next: nextPage(outside.join(''), keys.at(-1)?.key, decode) }
}

function nextPage(rest: string, lastKey: string | undefined, decode: (key: string) => string): S3Page['next'] {
  if (element(rest, 'IsTruncated') !== 'true') return undefined
  const token = element(rest, 'NextContinuationToken')
  if (token !== undefined && token !== '') return { token }
  const marker = element(rest, 'NextMarker')
  if (marker !== undefined && marker !== '') return { marker: decode(marker) }
  return lastKey === undefined ? undefined : { marker: lastKey }
}

/** The text of the first element of a name. */
function element(text: string, name: string): string | undefined {
  const open = text.indexOf(`<${name}>`)
  const from = open + name.length + 2
  const close = open < 0 ? -1 : text.indexOf(`</${name}>`, from)
  return close < 0 ? undefined : text.slice(from, close).replace(ENTITY, unescaped)
}

function unescaped(entity: string): string {
  const named = NAMED[entity]
  if (named !== undefined) return named
  const code = entity[2] === 'x' ? Number.parseInt(entity.slice(3), 16) : Number.parseInt(entity.slice(2), 10)
  return code > 0x10_ffff ? entity : String.fromCodePoint(code)
}

function urlDecoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return key
  }
}
