/**
 * The ids of calls that are numbers, as they were sent: JavaScript does not hold all of them, nor how they were written.
 *
 * @param text JSON of a call, or of an array of calls
 * @returns by the index of the call; the last of several, as it counts
 */
export function sentIds(text: string): readonly (string | undefined)[] {
  const ids: (string | undefined)[] = []
  const callDepth = text.trimStart().startsWith('[') ? 2 : 1
  let depth = 0
  let index = 0
  let isCall = false
  let isId = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at)
        if (isCall && depth === callDepth) isId = isNamed(text, at, end)
        at = end
        break
      }
      case '{':
        if (++depth === callDepth) isCall = true
        break
      case '[':
        if (++depth === callDepth) isCall = false
        break
      case '}':
      case ']':
        depth--
        break
      case ',':
        if (depth === callDepth - 1) index++
        break
      case ':':
        if (isId && depth === callDepth) {
          ids[index] = numberAt(text, at + 1) ?? ids[index]
          isId = false
        }
        break
    }
  }
  return ids
}

const QUOTE = '"'
const BACKSLASH = '\\'

/** Where the quote is that ends a string. @param start where it begins */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf(QUOTE, start + 1); ; end = text.indexOf(QUOTE, end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === BACKSLASH) escapes++
    if (escapes % 2 === 0) return end
  }
}

/** Most characters of `id` in JSON: each may be escaped. */
const MAX_NAME_CHARS = '\\u0069\\u0064'.length

function isNamed(text: string, start: number, end: number): boolean {
  if (end - start - 1 > MAX_NAME_CHARS) return false
  return JSON.parse(text.slice(start, end + 1)) === 'id'
}

const NUMBER = /[ \t\n\r]*(-?\d[\d.eE+-]*)/y

function numberAt(text: string, at: number): string | undefined {
  NUMBER.lastIndex = at
  return NUMBER.exec(text)?.[1]
}
