import { ExitCode } from '@datastreamer/service/exit-code'
import { OutputClosedError, StoppedEarlyError } from './errors.ts'
import type { CommandWork } from './run-command.ts'

/**
 * Work that is more than what it prints: when nobody reads that any more, as with `| head`, it ends like any other
 * work, but was not done.
 */
export function wholly(work: CommandWork): CommandWork {
  return async (context) => {
    try {
      return (await work(context)) ?? ExitCode.ok
    } catch (error) {
      throw error instanceof OutputClosedError ? new StoppedEarlyError(error) : error
    }
  }
}
