import { ExitCode } from '@datastreamer/service/exit-code'
import { CommanderError } from 'commander'
import { createProgram } from './program.ts'
import { runInProcess } from './run-command.ts'

try {
  await createProgram(runInProcess).parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
}
