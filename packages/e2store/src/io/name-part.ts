/** What a file's name may have for a network: nothing that leads to another folder, no control characters. */
const PART = /^[^/\\\p{Cc}]+$/u

/** Whether untrusted text can be part of a file's name. */
export function isNamePart(text: string): boolean {
  return PART.test(text)
}

/** The text, if it can be part of a file's name; else throws `RangeError`. */
export function checkNamePart(text: string): string {
  if (isNamePart(text)) return text
  throw new RangeError(`${JSON.stringify(text.slice(0, 120))} cannot be part of a file's name`)
}
