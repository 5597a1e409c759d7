import { StreamError } from '@datastreamer/format'
import { InterruptedError, OutputClosedError, UsageError } from './errors.ts'
import { ExitCode } from './exit-code.ts'
import { Output } from './output/output.ts'

/** What a command has of the process around it. */
export interface CommandContext {
  readonly out: Output
  /** Aborted, with an {@link InterruptedError}, at Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal
  /** Write a line for people to standard error. */
  note(line: string): void
}

/**
 * Run a command in the process: Ctrl-C and a closed output end it, what it throws becomes a message and a status.
 * A second Ctrl-C ends the process at once.
 */
export async function runCommand(run: (context: CommandContext) => Promise<ExitCode> | Promise<void>): Promise<void> {
  const interrupt = new AbortController()
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(ExitCode.failed)
    interrupt.abort(new InterruptedError())
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const out = new Output(process.stdout)
  const signal = AbortSignal.any([interrupt.signal, out.closed])
  try {
    process.exitCode = (await run({ out, signal, note })) ?? ExitCode.ok
  } catch (error) {
    process.exitCode = statusOf(error)
    if (!(error instanceof OutputClosedError)) note(`datastreamer: ${explain(error)}`)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** Wait for what goes on until it is interrupted: then it is done. */
export async function untilInterrupted(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
  }
}

function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

function statusOf(error: unknown): ExitCode {
  if (error instanceof OutputClosedError) return ExitCode.ok
  return error instanceof UsageError ? ExitCode.usage : ExitCode.failed
}

/** What was foreseen explains itself, as do the errors of the system; the rest is a fault, whose place helps. */
function explain(error: unknown): string {
  if (error instanceof StreamError) return error.message
  if (!(error instanceof Error)) return String(error)
  return 'syscall' in error || error instanceof RangeError ? error.message : (error.stack ?? error.message)
}
