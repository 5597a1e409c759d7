import type { DamageError } from '@datastreamer/store'

/** A damage for `--json`. */
export function damageJson({ code, message, position, page, entryNumber, range }: DamageError): string {
  return JSON.stringify({
    code,
    message,
    position,
    page,
    entryNumber: entryNumber === undefined ? null : String(entryNumber),
    ...(range && { endPosition: range.to.totalLength, endEntry: String(range.to.totalEntries) }),
  })
}
