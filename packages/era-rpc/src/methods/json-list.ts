import type { JsonPart, JsonText } from '../protocol/json-text.ts'

/** Characters after which texts become bytes. */
const PART_CHARS = 65_536

/**
 * A JSON array that is written item by item. What is written becomes bytes soon: text that is joined from short texts takes a
 * multiple of its length until then.
 */
export class JsonList {
  readonly #parts: JsonPart[] = []
  #text = '['
  #comma = ''

  /** @param json of ASCII alone */
  add(json: string): void {
    this.#text += this.#comma + json
    this.#comma = ','
    if (this.#text.length < PART_CHARS) return
    this.#parts.push(asciiBytes(this.#text))
    this.#text = ''
  }

  /** The whole array; nothing can be added any more. */
  end(): JsonText {
    const last = `${this.#text}]`
    return this.#parts.length === 0 ? last : [...this.#parts, last]
  }
}

/** A loop, since not every platform has an encoder. */
function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
