import { CommanderError } from 'commander'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createProgram } from './program.ts'

/** These command lines run nothing. */
const never = (): Promise<never> => Promise.reject(new Error('a command ran'))

/** What a command line prints before any command runs. */
async function parse(...args: string[]): Promise<{ readonly printed: string; readonly exitCode: number }> {
  const program = createProgram(never)
  let printed = ''
  const write = (text: string): void => {
    printed += text
  }
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut: write, writeErr: write })
  const error = await program.parseAsync(args, { from: 'user' }).catch((reason: unknown) => reason)
  if (!(error instanceof CommanderError)) throw error
  return { printed, exitCode: error.exitCode }
}

describe('a command line that says what no command can do', () => {
  test.each([
    [['nope'], "unknown command 'nope'"],
    [['tial'], 'Did you mean tail?'],
    [['info'], "missing required argument 'SRC'"],
    [['info', 'a', 'b'], 'too many arguments'],
    [['entry', 'a', 'x'], 'Expected a whole number from 0 to 2^64 - 1.'],
    [['entry', 'a', '18446744073709551616'], 'Expected a whole number from 0 to 2^64 - 1.'],
    [['tail', 'a', '--from', 'blok:3'], 'Expected the number of an entry, latest, block:N or batch:N.'],
    [['tail', 'a', '--to', 'latest'], 'Expected the number of an entry, block:N or batch:N.'],
    [['tail', 'a', '--count', '0'], 'Expected a whole number from 1 on.'],
    [['tail', 'a', '--generation', 'x'], 'Allowed choices are sequencer-2023-09, pre-etrog, etrog, protobuf'],
    [['bookmark', 'a', '--hex', '0xabc'], 'Expected 1 to 16 bytes in hex.'],
    [['bookmark', 'a', '--hex', '00'.repeat(17)], 'Expected 1 to 16 bytes in hex.'],
    [['generate', 'a'], "required option '--blocks <n>' not specified"],
    [['truncate', 'a'], "required option '--entry <n>' not specified"],
  ])('%j', async (args, message) => {
    const { printed, exitCode } = await parse(...args)
    expect(printed).toContain(message)
    expect(exitCode).not.toBe(0)
  })
})

describe('help', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('lists every command, in groups', async () => {
    const { printed, exitCode } = await parse('--help')
    expect(exitCode).toBe(0)
    for (const { name } of createProgram(never).commands.map((command) => ({ name: command.name() }))) {
      expect(printed).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    }
    expect(printed).toContain('Exit status: 0 all went well')
  })

  const names = createProgram(never).commands.map((command) => command.name())

  test.each(names)('of %s has examples', async (name) => {
    const { printed } = await parse(name, '--help')
    expect(printed).toContain(`\n  datastreamer ${name} `.replace('demo ', 'demo'))
  })

  test('fits a narrow terminal', async () => {
    vi.stubGlobal('process', { ...process, stdout: { columns: 60 } })
    const { printed } = await parse('recover', '--help')
    const [description = ''] = printed.split('\nArguments:')
    expect(Math.max(...description.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
  })
})
