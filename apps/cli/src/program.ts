import { Command } from 'commander'
import pkg from '../package.json' with { type: 'json' }
import { bookmarkCommand } from './commands/bookmark.ts'
import { dumpBatchCommand } from './commands/dump-batch.ts'
import { entryCommand } from './commands/entry.ts'
import { infoCommand } from './commands/info.ts'
import { sanityCommand } from './commands/sanity.ts'
import { tailCommand } from './commands/tail.ts'

const EXAMPLES = `
SRC is a stream file, or host:port of a server.

Examples:
  datastreamer info data-stream.bin
  datastreamer tail 127.0.0.1:6900 --blocks

Exit status: 0 all went well, 1 failed, 2 called wrongly, 3 done but data was lost.`

/** All commands. A parse that fails throws a `CommanderError`, whose message is already printed. */
export function createProgram(): Command {
  const program = new Command('datastreamer')
    .description('Look into data streams, follow, check and repair them.')
    .version(pkg.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXAMPLES)
  program.commandsGroup('Look into a stream:')
  program.addCommand(infoCommand())
  program.addCommand(entryCommand())
  program.addCommand(bookmarkCommand())
  program.addCommand(tailCommand())
  program.commandsGroup('Check and repair:')
  program.addCommand(sanityCommand())
  program.addCommand(dumpBatchCommand())
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError(`Try ${commandName(command)} --help`)
    command.configureHelp({ helpWidth: 110 })
  }
  return program
}

function commandName(command: Command): string {
  return command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`
}
