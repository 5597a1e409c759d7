import { escapeControls } from '../text/escape-controls.ts'

/** An error as `errorFields` writes it, all of it optional: fields of that name may be anything. */
interface ErrorFields {
  readonly message?: unknown
  readonly stack?: unknown
  readonly cause?: ErrorFields
}

/**
 * The fields of a line as people want it: of its error only what the message does not tell already.
 *
 * @param line JSON
 */
export function forPeople(line: string): unknown {
  const { error, msg, ...fields } = JSON.parse(line, (_, value) => (typeof value === 'string' ? shown(value) : value))
  const message = typeof msg === 'string' ? escapeControls(msg) : ''
  const rest = untold(error, message)
  return { ...fields, msg: message, ...(rest !== undefined && { error: rest }) }
}

/** Values are written as JSON, which escapes some of the controls itself; those would be escaped twice. */
function shown(text: string): string {
  return text.replace(/[\u0020-\uffff]+/g, escapeControls)
}

/** What of an error and its causes a text does not tell: of those that were not foreseen, where they came from too. */
function untold(error: ErrorFields | string | undefined, told: string): unknown {
  if (typeof error !== 'object' || error === null) return error === undefined || tells(told, error) ? undefined : error
  const { stack, cause, message } = error
  const deeper = untold(cause, told)
  if (tells(told, message)) {
    const places = typeof stack === 'string' ? stack.match(/^ {4}at .*$/gm)?.map((place) => place.trim()) : undefined
    if (places === undefined) return deeper
    return { stack: places, ...(deeper !== undefined && { cause: deeper }) }
  }
  const { cause: _, ...own } = error
  return { ...own, ...(deeper !== undefined && { cause: deeper }) }
}

function tells(told: string, message: unknown): boolean {
  return typeof message === 'string' && told.includes(escapeControls(message))
}
