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
  const rest = unsaid(error, message)
  return { ...fields, msg: message, ...(rest !== undefined && { error: rest }) }
}

/** Values are written as JSON, which escapes some of the controls itself; those would be escaped twice. */
function shown(text: string): string {
  return text.replace(/[\u0020-\uffff]+/g, escapeControls)
}

/** What of an error and its causes a text does not say: of those that were not foreseen, where they came from too. */
function unsaid(error: ErrorFields | string | undefined, text: string): unknown {
  if (typeof error !== 'object' || error === null) return error === undefined || says(text, error) ? undefined : error
  const { stack, cause, message } = error
  const deeper = unsaid(cause, text)
  if (says(text, message)) {
    const frames = typeof stack === 'string' ? stack.match(/^ {4}at .*$/gm)?.map((frame) => frame.trim()) : undefined
    if (frames === undefined) return deeper
    return { stack: frames, ...(deeper !== undefined && { cause: deeper }) }
  }
  const { cause: _, ...own } = error
  return { ...own, ...(deeper !== undefined && { cause: deeper }) }
}

function says(text: string, message: unknown): boolean {
  return typeof message === 'string' && text.includes(escapeControls(message))
}
