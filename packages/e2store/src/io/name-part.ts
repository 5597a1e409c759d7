/** What may stand in a file's name for a network: nothing that leads to another folder, no control characters. */
const PART = /^[^/\\\p{Cc}]+$/u

/** Whether a text from outside can be a part of a file's name. */
export function isNamePart(text: string): boolean {
  return PART.test(text)
}

/** The text, which becomes a part of a file's name; throws `RangeError` if it cannot. */
export function checkNamePart(text: string): string {
  if (isNamePart(text)) return text
  throw new RangeError(`${JSON.stringify(text.slice(0, 120))} cannot be a part of a file's name`)
}
