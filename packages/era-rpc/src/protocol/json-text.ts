/** JSON text of ASCII alone, or as many bytes, which are outside of the heap that is collected. */
export type JsonPart = string | Uint8Array

/** JSON text of ASCII alone, whole or in parts. */
export type JsonText = string | readonly JsonPart[]

/** Characters of all parts, which are as many bytes. */
export function lengthOf(text: JsonText): number {
  if (typeof text === 'string') return text.length
  return text.reduce((length, part) => length + part.length, 0)
}

/** JSON of a value, with all but ASCII escaped. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
