import { Command, CommanderError, Option as CommanderOption } from 'commander'
import { ConfigError } from '../errors.ts'
import { flagOf, type Option, type OptionTable, variableOf } from './option.ts'

/** What `--help` says of a program. */
export interface ProgramText {
  readonly name: string
  readonly version: string
  readonly description: string
  /** Stands after the options: examples. */
  readonly examples?: string | undefined
}

/** What commander puts on a line of its own. */
const SUGGESTION = /\n(\(Did you mean [^\n]*\))$/

/** What stands on a command line. */
interface Found {
  /** Values that were given, by option name: texts, `true` and `false` for booleans, lists. */
  readonly given: Map<string, unknown>
  /** Whether a flag was spelled as another program has it. */
  isForeign: boolean
}

/** What a command line asks for. */
export type CommandLine =
  | ({ readonly kind: 'run' } & Readonly<Found>)
  /** Help or version: to be printed, nothing else. */
  | { readonly kind: 'print'; readonly text: string }

/**
 * Read a command line by an option table.
 *
 * @param argv without the names of node and the script
 * @throws {ConfigError} `BAD_COMMAND_LINE`
 */
export function readCommandLine(argv: readonly string[], table: OptionTable, text: ProgramText): CommandLine {
  const found: Found = { given: new Map(), isForeign: false }
  const command = commandOf(table, text, found)
  let printed = ''
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      printed += text
    },
    writeErr: () => {},
  })
  try {
    command.parse(argv, { from: 'user' })
    const [operand] = Object.entries(table).find(([, spec]) => isOperand(spec)) ?? []
    if (operand !== undefined && command.args.length > 0) found.given.set(operand, command.args)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed }
    const message = error.message.replace(/^error: /, '').replace(SUGGESTION, ' $1')
    throw new ConfigError('BAD_COMMAND_LINE', message, { cause: error })
  }
  return { kind: 'run', ...found }
}

function commandOf(table: OptionTable, text: ProgramText, found: Found): Command {
  const { name, version, description, examples } = text
  const command = new Command(name).description(description).version(version, '-V, --version', 'print the version')
  command.helpOption('-h, --help', 'print this help').configureHelp({ helpWidth: 110, showGlobalOptions: false })
  command.allowExcessArguments(false)
  for (const [option, spec] of Object.entries(table)) {
    if (isOperand(spec)) {
      command.argument(`[${spec.operand}...]`, spec.help)
      continue
    }
    for (const flag of [flagOf(option), ...(spec.aliases?.flags ?? [])]) {
      for (const declared of declare(option, flag, spec)) {
        command.addOption(declared)
        command.on(`option:${declared.name()}`, (value: unknown) => {
          if (flag !== flagOf(option)) found.isForeign = true
          take(found.given, option, spec, declared, value)
        })
      }
    }
  }
  command.addHelpText('after', `\n${elsewhere(table)}\n${examples === undefined ? '' : `\n${examples}\n`}`)
  return command
}

function isOperand(spec: Option): spec is Option & { readonly operand: string } {
  return spec.type === 'list' && spec.operand !== undefined
}

/** Where else options can be given, for one of them. */
function elsewhere(table: OptionTable): string {
  const [name] = Object.entries(table).find(([, { type }]) => type === 'duration') ?? ['writeTimeout']
  return `Each flag but help and version can also be given elsewhere, for example --${flagOf(name)}:
  as an environment variable    ${variableOf(name)}=5s
  in the configuration file     ${flagOf(name)} = "5s"
A flag wins over the variable, that over the file. Times take a unit: 500ms, 5s, 2m, 1h.`
}

/** The flag, and for a boolean the one that sets it to false. */
function declare(name: string, flag: string, spec: Option): CommanderOption[] {
  const isAlias = flag !== flagOf(name)
  const value = spec.type === 'boolean' ? '' : ` <${spec.placeholder ?? placeholderOf(spec)}>`
  const dashes = flag.length === 1 ? '-' : '--'
  const option = new CommanderOption(`${dashes}${flag}${value}`, describe(spec))
  const negated = new CommanderOption(`--no-${flag}`, describe(spec))
  const isHidden = isAlias || spec.hidden === true
  const isOn = spec.type === 'boolean' && spec.default === true
  for (const each of [option, negated]) each.helpGroup(`${spec.group ?? 'Options'}:`)
  option.hideHelp(isHidden || isOn)
  negated.hideHelp(isHidden || !isOn)
  return spec.type === 'boolean' ? [option, negated] : [option]
}

function take(
  given: Map<string, unknown>,
  name: string,
  spec: Option,
  declared: CommanderOption,
  value: unknown,
): void {
  if (spec.type === 'boolean') given.set(name, !declared.negate)
  else if (spec.type === 'list')
    given.set(name, [...((given.get(name) as string[]) ?? []), ...String(value).split(',')])
  else given.set(name, value)
}

function placeholderOf(spec: Option): string {
  switch (spec.type) {
    case 'choice':
      return 'choice'
    case 'duration':
      return spec.unit
    case 'integer':
    case 'u64':
      return 'n'
    case 'rate':
      return 'bytes/s'
    default:
      return spec.type
  }
}

function describe(spec: Option): string {
  const choices = spec.type === 'choice' ? `: ${spec.choices.join(', ')}` : ''
  const value = spec.type !== 'boolean' && spec.default !== undefined ? ` (default ${String(spec.default)})` : ''
  return `${spec.help}${choices}${value}`
}
