import { escapeControls } from '@datastreamer/service/text'
import { Command } from 'commander'
import pkg from '../package.json' with { type: 'json' }
import { bookmarkCommand } from './commands/bookmark.ts'
import { demoCommand } from './commands/demo.ts'
import { dumpBatchCommand } from './commands/dump-batch.ts'
import { entryCommand } from './commands/entry.ts'
import { generateCommand } from './commands/generate.ts'
import { infoCommand } from './commands/info.ts'
import { recoverCommand } from './commands/recover.ts'
import { reindexCommand } from './commands/reindex.ts'
import { sanityCommand } from './commands/sanity.ts'
import { tailCommand } from './commands/tail.ts'
import { truncateCommand } from './commands/truncate.ts'
import { verifyCommand } from './commands/verify.ts'
import { e2storeCommand } from './e2store/e2store-command.ts'
import { historyCommand } from './history/history-command.ts'
import type { RunCommand } from './run-command.ts'

/** Columns that help takes at most. */
const HELP_WIDTH = 110

const EXAMPLES = `
SRC is a stream file, or host:port of a server.

Examples:
  datastreamer demo
  datastreamer info data-stream.bin
  datastreamer tail 127.0.0.1:6900 --blocks

Exit status: 0 all went well, 1 failed, 2 called wrongly, 3 done but data was lost.`

/**
 * All commands. A parse that fails throws a `CommanderError`, whose message is already printed.
 *
 * @param run runs them
 */
export function createProgram(run: RunCommand): Command {
  const program = new Command('datastreamer')
    .description('Look into data streams, follow, check and repair them.')
    .version(pkg.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXAMPLES)
  for (const [heading, commands] of groups(run)) {
    program.commandsGroup(heading)
    for (const command of commands) program.addCommand(command)
  }
  for (const command of withSubcommands(program)) {
    command.configureOutput({ outputError: (text, write) => write(errorText(text)) })
    command.exitOverride().showHelpAfterError(`Try ${commandName(command)} --help`)
    command.configureHelp({ helpWidth: Math.min(HELP_WIDTH, process.stdout.columns ?? HELP_WIDTH) })
  }
  return program
}

function groups(run: RunCommand): [heading: string, commands: Command[]][] {
  return [
    ['Try it out:', [demoCommand(run), generateCommand(run)]],
    [
      'Look into a stream:',
      [infoCommand(run), tailCommand(run), entryCommand(run), bookmarkCommand(run), dumpBatchCommand(run)],
    ],
    [
      'Check and repair:',
      [sanityCommand(run), verifyCommand(run), recoverCommand(run), truncateCommand(run), reindexCommand(run)],
    ],
    ['Archives:', [historyCommand(run), e2storeCommand(run)]],
  ]
}

/** What commander says of a command line; its suggestion comes on a line of its own. */
function errorText(text: string): string {
  return `${escapeControls(text.trimEnd().replace(/\n(\(Did you mean [^\n]*\))$/, ' $1'))}\n`
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

function commandName(command: Command): string {
  return command.parent === null ? command.name() : `${commandName(command.parent)} ${command.name()}`
}
