import { StreamError } from '@datastreamer/format'

/** The command line asks for what cannot be done; ends with status 2. */
export class UsageError extends StreamError<'USAGE'> {}

/** The stream does not have what was asked for. */
export class NotFoundError extends StreamError<'NOT_FOUND'> {}

/** The file is for commands of the other family: those for streams, or those of `e2store`. */
export class WrongFileError extends StreamError<'WRONG_FILE'> {}

/** The file is damaged where nothing else says what stood there. */
export class UnrecoverableError extends StreamError<'UNRECOVERABLE'> {}

/** The command was interrupted before it was done. */
export class InterruptedError extends StreamError<'INTERRUPTED'> {
  constructor() {
    super('INTERRUPTED', 'interrupted')
  }
}

/** Whoever read the output is gone. */
export class OutputClosedError extends StreamError<'OUTPUT_CLOSED'> {
  constructor() {
    super('OUTPUT_CLOSED', 'standard output was closed')
  }
}

/** Standard output takes no more: what was printed is not all. */
export class OutputFailedError extends StreamError<'OUTPUT_FAILED'> {
  constructor(cause: Error) {
    super('OUTPUT_FAILED', `standard output cannot be written: ${cause.message}`, { cause })
  }
}

/** Nobody reads the output any more, and not all was done yet. */
export class CutShortError extends StreamError<'CUT_SHORT'> {
  constructor(cause: Error) {
    super('CUT_SHORT', `stopped before all was done: ${cause.message}`, { cause })
  }
}
