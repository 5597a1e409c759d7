import { StreamError } from '@datastreamer/format'

/** The command line asks for what cannot be done; ends with status 2. */
export class UsageError extends StreamError<'USAGE'> {
  override readonly name: string = 'UsageError'
}

/** The stream does not have what was asked for. */
export class MissingError extends StreamError<'NOT_FOUND'> {
  override readonly name: string = 'MissingError'
}

/** The file is of another kind than the command takes, such as a stream for a command of `e2store`. */
export class WrongFileError extends StreamError<'WRONG_FILE'> {
  override readonly name: string = 'WrongFileError'
}

/** The file is damaged where nothing else says what stood there. */
export class UnrecoverableError extends StreamError<'UNRECOVERABLE'> {
  override readonly name: string = 'UnrecoverableError'
}

/** The command was interrupted before it was done. */
export class InterruptedError extends StreamError<'INTERRUPTED'> {
  override readonly name: string = 'InterruptedError'
  constructor() {
    super('INTERRUPTED', 'interrupted')
  }
}

/** Nobody reads the output any more. */
export class OutputClosedError extends StreamError<'OUTPUT_CLOSED'> {
  override readonly name: string = 'OutputClosedError'
  constructor() {
    super('OUTPUT_CLOSED', 'standard output was closed')
  }
}

/** Standard output takes no more: what was printed is not all. */
export class OutputFailedError extends StreamError<'OUTPUT_FAILED'> {
  override readonly name: string = 'OutputFailedError'
  constructor(cause: Error) {
    super('OUTPUT_FAILED', `standard output cannot be written: ${cause.message}`, { cause })
  }
}

/** Nobody reads the output any more, and not all was done yet. */
export class StoppedEarlyError extends StreamError<'CUT_SHORT'> {
  override readonly name: string = 'StoppedEarlyError'
  constructor(cause: Error) {
    super('CUT_SHORT', `stopped before all was done: ${cause.message}`, { cause })
  }
}
