import { writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { readCommandLine } from './command-line.ts'
import type { ConfigWarning } from './config-warning.ts'
import { type ConfigOf, flagOf, type OptionTable, variableOf } from './option.ts'
import { resolveConfig } from './resolve.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const TABLE = {
  port: { type: 'integer', min: 0, max: 65_535, default: 6900, help: 'port' },
  systemId: { type: 'u64', help: 'system id' },
  writeTimeout: {
    type: 'duration',
    unit: 'ms',
    default: 3000,
    help: 'time',
    aliases: { flags: ['writetimeout'], keys: ['WriteTimeout'] },
  },
  idle: { type: 'duration', unit: 's', default: 120, help: 'time' },
  readOnly: { type: 'boolean', help: 'only read' },
  level: { type: 'choice', choices: ['info', 'warn'], default: 'info', help: 'level' },
  server: { type: 'list', help: 'servers', aliases: { env: ['ZKEVM_STREAM_SERVER'] } },
  name: { type: 'text', default: 'none', help: 'name' },
  host: { type: 'host', default: '127.0.0.1', help: 'host' },
  scrub: { type: 'rate', default: '4MiB/s', help: 'rate' },
  config: { type: 'text', help: 'file' },
} as const satisfies OptionTable

const TEXT = { name: 'program', version: '1.2.3', description: 'Does it.', examples: 'Examples:\n  program --port 1' }

function config(argv: readonly string[], env: Record<string, string> = {}): ConfigOf<typeof TABLE> {
  const line = readCommandLine(argv, TABLE, TEXT)
  if (line.kind !== 'run') throw new Error(line.text)
  return resolveConfig(TABLE, { given: line.given, env })
}

let files = 0

function file(text: string): string {
  const path = folder.join(`config-${files++}.toml`)
  writeFileSync(path, text)
  return path
}

test('one name gives flag and variable', () => {
  expect(flagOf('maxConnectionsPerAddress')).toBe('max-connections-per-address')
  expect(variableOf('maxConnectionsPerAddress')).toBe('DATASTREAMER_MAX_CONNECTIONS_PER_ADDRESS')
})

test('defaults, times in milliseconds', () => {
  expect(config([])).toEqual({
    port: 6900,
    systemId: undefined,
    writeTimeout: 3000,
    idle: 120_000,
    readOnly: false,
    level: 'info',
    server: undefined,
    name: 'none',
    host: '127.0.0.1',
    scrub: 4_194_304,
    config: undefined,
  })
})

test('a flag wins over a variable, that over the file, that over the default', () => {
  const path = file('port = 1\nname = "file"\nlevel = "warn"\nsystem-id = 18446744073709551615')
  const env = { DATASTREAMER_PORT: '2', DATASTREAMER_NAME: 'env', DATASTREAMER_CONFIG: path }
  expect(config(['--port', '3'], env)).toMatchObject({ port: 3, name: 'env', level: 'warn', idle: 120_000 })
})

test('the flag names another file than the variable', () => {
  const [one, two] = [file('port = 1'), file('port = 2')]
  expect(config(['--config', two], { DATASTREAMER_CONFIG: one }).port).toBe(2)
})

test('u64 keep every digit, in a file too', () => {
  expect(config(['--system-id', '18446744073709551615']).systemId).toBe(2n ** 64n - 1n)
  expect(config(['--config', file('system-id = 9223372036854775807')]).systemId).toBe(2n ** 63n - 1n)
})

test('a boolean that holds by itself is listed by what turns it off', () => {
  const table = { shiny: { type: 'boolean', default: true, help: 'leave it dull' } } as const
  const text = { name: 'x', version: '1', description: '' }
  const read = (argv: readonly string[]) => {
    const line = readCommandLine(argv, table, text)
    return line.kind === 'run' ? resolveConfig(table, { ...line, env: {} }).shiny : line.text
  }
  expect([read([]), read(['--no-shiny']), read(['--shiny'])]).toEqual([true, false, true])
  expect(read(['--help'])).toMatch(/^ {2}--no-shiny +leave it dull$/m)
  expect(read(['--help'])).not.toMatch(/^ {2}--shiny/m)
})

test('a boolean can be set to false, and be said in several ways', () => {
  const path = file('read-only = true')
  expect(config(['--config', path]).readOnly).toBe(true)
  expect(config(['--config', path, '--no-read-only']).readOnly).toBe(false)
  expect(config(['--config', path], { DATASTREAMER_READ_ONLY: 'no' }).readOnly).toBe(false)
  expect(config(['--read-only'], { DATASTREAMER_READ_ONLY: '0' }).readOnly).toBe(true)
})

test('times take a unit', () => {
  expect(config(['--write-timeout', '2s', '--idle', '1.5']).writeTimeout).toBe(2000)
  expect(config(['--idle', '1.5']).idle).toBe(1500)
  expect(config(['--config', file('write-timeout = "1m"\nidle = 3')])).toMatchObject({
    writeTimeout: 60_000,
    idle: 3000,
  })
})

test.each([
  ['250ms', 250],
  ['1m30s', 90_000],
  ['1h2m3.5s4ms', 3_723_504],
  ['1.5m', 90_000],
])('the time %s is %i ms', (given, ms) => {
  expect(config(['--idle', given]).idle).toBe(ms)
})

test('lists from flags that repeat, commas, variables and files', () => {
  expect(config(['--server', 'a:1', '--server', 'b:2,c:3']).server).toEqual(['a:1', 'b:2', 'c:3'])
  expect(config([], { DATASTREAMER_SERVER: 'a:1, b:2' }).server).toEqual(['a:1', 'b:2'])
  expect(config(['--config', file('server = ["a:1", "b:2"]')]).server).toEqual(['a:1', 'b:2'])
})

test('other spellings of flags, variables and keys', () => {
  expect(config(['--writetimeout', '7']).writeTimeout).toBe(7)
  expect(config([], { ZKEVM_STREAM_SERVER: 'a:1' }).server).toEqual(['a:1'])
  expect(config(['--config', file('WriteTimeout = "5s"')]).writeTimeout).toBe(5000)
})

test('an empty variable counts as absent', () => {
  expect(config([], { DATASTREAMER_PORT: '' }).port).toBe(6900)
})

describe('what is wrong is named where it was given', () => {
  test.each<[argv: string[], env: Record<string, string>, message: string]>([
    [['--port', 'x'], {}, '--port: "x" is not a whole number from 0 to 65535'],
    [['--port', '65536'], {}, '--port: "65536" is not'],
    [['--port', '-1'], {}, '--port: "-1" is not'],
    [['--port', '1.5'], {}, '--port: "1.5" is not'],
    [[], { DATASTREAMER_PORT: '1e3' }, 'DATASTREAMER_PORT: "1e3" is not'],
    [['--system-id', '18446744073709551616'], {}, '--system-id:'],
    [['--write-timeout', '5x'], {}, '--write-timeout: "5x" is not a time'],
    [['--idle', '25d'], {}, '--idle:'],
    [['--idle', '30s1m'], {}, '--idle: "30s1m" is not a time'],
    [['--idle', '9999999'], {}, '--idle:'],
    [['--level', 'loud'], {}, '--level: "loud" is not one of info, warn'],
    [[], { DATASTREAMER_READ_ONLY: 'maybe' }, 'DATASTREAMER_READ_ONLY: "maybe" is not true or false'],
    [['--name', ''], {}, '--name: "" is not a text'],
    [['--nope'], {}, "unknown option '--nope'"],
    [['--porz', '1'], {}, 'Did you mean --port?'],
    [['--port'], {}, "option '--port <n>' argument missing"],
    [['stray'], {}, 'too many arguments'],
    [['--config', '/nowhere/x.toml'], {}, '--config: no such file /nowhere/x.toml'],
    [[], { DATASTREAMER_CONFIG: '/nowhere/x.toml' }, 'DATASTREAMER_CONFIG: no such file /nowhere/x.toml'],
  ])('%j %j', (argv, env, message) => {
    expect(() => config(argv, env)).toThrow(message)
  })

  test.each([
    ['prot = 1', ': prot: unknown key, did you mean port?'],
    ['colour = 1', ': colour: unknown key'],
    ['config = "other.toml"', ': config: unknown key'],
    ['systemID = 1', ': systemID: unknown key, did you mean system-id?'],
    ['port = "x"', ': port: "x" is not'],
    ['port = true', ': port: true is not'],
    ['port = 1.5', ': port: 1.5 is not'],
    ['server = [1]', ': server: [ 1 ] is not a text or a list of texts'],
    ['server = []', ': server: '],
    ['name = 3', ': name: 3 is not a text'],
    ['idle = [1]', ': idle: [ 1 ] is not a time'],
    ['port = ', ': line 1: '],
    ['[port]\nx = 1', ': port: [Object: null prototype] { x: 1 } is not'],
  ])('file with %j', (text, message) => {
    const path = file(text)
    expect(() => config(['--config', path])).toThrow(`${path}${message}`)
  })
})

describe('a file that is no table of keys', () => {
  test.each([
    ['list.yaml', '- 1', 'expected keys and values at the top'],
    ['text.json', '"x"', 'expected keys and values at the top'],
    ['incomplete.json', '{"port": 1', 'line 1, column 11'],
    ['twice.yml', 'port: 1\nport: 2', 'Map keys must be unique at line 2, column 1'],
  ])('%s', (name, text, message) => {
    const path = folder.join(name)
    writeFileSync(path, text)
    expect(() => config(['--config', path])).toThrow(message)
  })

  test('but one that is empty has none', () => {
    const path = folder.join('empty.yaml')
    writeFileSync(path, '# nothing yet')
    expect(config(['--config', path]).port).toBe(6900)
  })
})

describe('a variable that no option has', () => {
  function warningsOf(env: Record<string, string>): string[] {
    const warnings: string[] = []
    resolveConfig(TABLE, { given: new Map(), env, warn: ({ message }) => warnings.push(message) })
    return warnings
  }

  test.each([
    ['DATASTREAMER_PROT', ', did you mean DATASTREAMER_PORT?'],
    ['DATASTREAMER_WRITETIMEOUT', ', did you mean DATASTREAMER_WRITE_TIMEOUT?'],
    ['DATASTREAMER_SYSTEMID_', ', did you mean DATASTREAMER_SYSTEM_ID?'],
    ['DATASTREAMER_SOMETHING_ELSE', ''],
  ])('%s is warned of', (name, meant) => {
    expect(warningsOf({ [name]: '1' })).toEqual([`${name}: no option has this variable${meant}; it has no effect`])
  })

  test('but not what Kubernetes puts beside a Service of that name, nor what is empty or of others', () => {
    const env = {
      DATASTREAMER_SERVICE_HOST: '10.43.1.2',
      DATASTREAMER_SERVICE_PORT: '6900',
      DATASTREAMER_SERVICE_PORT_STREAM: '6900',
      DATASTREAMER_PORT_6900_TCP: 'tcp://10.43.1.2:6900',
      DATASTREAMER_PORT_6900_TCP_ADDR: '10.43.1.2',
      DATASTREAMER_PORT_6900_TCP_PORT: '6900',
      DATASTREAMER_PORT_6900_TCP_PROTO: 'tcp',
      DATASTREAMER_RELAY_PORT: 'tcp://10.43.1.3:7900',
      DATASTREAMER_RELAY_SERVICE_HOST: '10.43.1.3',
      DATASTREAMER_PROT: '',
      PROT: '1',
    }
    expect(warningsOf(env)).toEqual([])
  })
})

test.each([
  ['[::]', '::'],
  ['::1', '::1'],
  ['[fe80::1%eth0]', 'fe80::1%eth0'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['stream.example', 'stream.example'],
])('the host %s is %s', (given, host) => {
  expect(config(['--host', given]).host).toBe(host)
  expect(config([], { DATASTREAMER_HOST: given }).host).toBe(host)
})

describe('the address of a Service where a port should be', () => {
  const address = 'tcp://10.43.1.2:6900'

  function read(env: Record<string, string>): { port: number; server: unknown; warnings: string[] } {
    const warnings: string[] = []
    const warn = ({ event, message }: ConfigWarning): number => warnings.push(`${event} ${message}`)
    const { port, server } = resolveConfig(TABLE, { given: new Map(), env, warn })
    return { port, server, warnings }
  }

  test('counts as absent, and is warned of', () => {
    const warning = `service-address DATASTREAMER_PORT: "${address}" is the address of a Service of that name, put there by`
    const found = read({ DATASTREAMER_PORT: address, DATASTREAMER_PORT_6900_TCP: address })
    expect(found).toEqual({ port: 6900, server: undefined, warnings: [expect.stringContaining(warning)] })
  })

  test('gives way to the file, and to a flag without a word', () => {
    const path = file('port = 7000')
    expect(config(['--config', path], { DATASTREAMER_PORT: address }).port).toBe(7000)
    expect(config(['--port', '7001'], { DATASTREAMER_PORT: address }).port).toBe(7001)
  })

  test('is what it says elsewhere; what is no address is an error as ever', () => {
    expect(read({ DATASTREAMER_SERVER: address })).toMatchObject({ server: [address], warnings: [] })
    expect(() => read({ DATASTREAMER_PORT: '10.43.1.2:6900' })).toThrow('DATASTREAMER_PORT: "10.43.1.2:6900" is not')
  })
})

describe('help', () => {
  test('lists flags with their defaults, not their other spellings', () => {
    const line = readCommandLine(['--help'], TABLE, TEXT)
    expect(line.kind).toBe('print')
    const text = line.kind === 'print' ? line.text : ''
    expect(text).toContain('--port <n>')
    expect(text).toContain('port (default 6900)')
    expect(text).toContain('level: info, warn (default info)')
    expect(text).toContain('program --port 1')
    expect(text).toContain('DATASTREAMER_WRITE_TIMEOUT')
    expect(text).not.toContain('writetimeout')
    expect(text).not.toContain('--no-read-only')
  })

  test('the version is printed alone', () => {
    expect(readCommandLine(['--version'], TABLE, TEXT)).toEqual({ kind: 'print', text: '1.2.3\n' })
  })
})

describe('operands', () => {
  const OPERANDS = {
    folders: { type: 'list', operand: 'DIR', help: 'where files are' },
    port: { type: 'integer', min: 0, max: 9, help: 'port' },
  } as const satisfies OptionTable
  const foldersOf = (argv: readonly string[], env: Record<string, string> = {}): readonly string[] | undefined => {
    const line = readCommandLine(argv, OPERANDS, TEXT)
    if (line.kind !== 'run') throw new Error(line.text)
    return resolveConfig(OPERANDS, { given: line.given, env }).folders
  }

  test('stand between flags, and win over the variable', () => {
    expect(foldersOf(['a', '--port', '1', 'b,c'])).toEqual(['a', 'b,c'])
    expect(foldersOf(['a'], { DATASTREAMER_FOLDERS: 'd,e' })).toEqual(['a'])
    expect(foldersOf(['--port', '1'], { DATASTREAMER_FOLDERS: 'd,e' })).toEqual(['d', 'e'])
    expect(foldersOf([])).toBeUndefined()
  })

  test('are named in the help, and are no flags', () => {
    const help = readCommandLine(['--help'], OPERANDS, TEXT)
    expect(help.kind === 'print' && help.text).toContain('[DIR...]')
    expect(() => foldersOf(['--folders', 'a'])).toThrow('unknown option')
  })

  test('are refused where no option takes them', () => {
    expect(() => readCommandLine(['a'], TABLE, TEXT)).toThrow('too many arguments')
  })
})

describe('spellings of another program', () => {
  const OTHER = {
    port: {
      type: 'integer',
      min: 0,
      max: 9,
      help: 'port',
      aliases: { flags: ['p'], keys: ['Port'], env: ['OTHER_PORT'] },
    },
    logLevel: {
      type: 'choice',
      choices: ['info', 'warn'],
      default: 'info',
      help: 'level',
      aliases: {
        keys: ['Log', 'Log.Level'],
        env: ['OTHER_LOG'],
        translate: (given) => (given === 'warning' ? 'warn' : given),
      },
    },
    secret: { type: 'text', hidden: true, help: 'not shown' },
    lenient: { type: 'boolean', foreignDefault: true, help: 'as the other program does' },
    config: { type: 'text', help: 'file', aliases: { flags: ['cfg', 'c'] } },
  } as const satisfies OptionTable

  function read(argv: readonly string[], env: Record<string, string> = {}): ConfigOf<typeof OTHER> {
    const line = readCommandLine(argv, OTHER, TEXT)
    if (line.kind !== 'run') throw new Error(line.text)
    return resolveConfig(OTHER, { ...line, env })
  }

  test.each<[string, readonly string[], Record<string, string>, boolean]>([
    ['ours', ['--port', '1', '--config', file('port = 1')], { DATASTREAMER_PORT: '2' }, false],
    ['a flag', ['-p', '1'], {}, true],
    ['a flag that names the file', ['--cfg', file('port = 1')], {}, true],
    ['a variable', [], { OTHER_LOG: 'info' }, true],
    ['an empty variable', [], { OTHER_LOG: '' }, false],
    ['the address of a Service', [], { OTHER_PORT: 'tcp://10.43.1.2:6900' }, false],
    ['a key', ['--config', file('Port = 1')], {}, true],
    ['a key, beside what is said of it', ['--config', file('Port = 1\nlenient = false')], {}, false],
    ['a variable, beside what is said of it', ['--no-lenient'], { OTHER_LOG: 'info' }, false],
  ])('bring its defaults: %s', (_, argv, env, lenient) => {
    expect(read(argv, env).lenient).toBe(lenient)
  })

  test('flags of one letter', () => {
    expect(read(['-p', '7', '-c', file('Port = 1')])).toMatchObject({ port: 7 })
  })

  test('keys in any case and in tables, translated', () => {
    expect(read(['--cfg', file('PORT = 3\n[Log]\nlevel = "warning"')])).toMatchObject({ port: 3, logLevel: 'warn' })
    expect(read(['--cfg', file('Log = "warn"')])).toMatchObject({ logLevel: 'warn' })
  })

  test('variables, translated; the own one wins', () => {
    expect(read([], { OTHER_PORT: '4', OTHER_LOG: 'warning' })).toMatchObject({ port: 4, logLevel: 'warn' })
    expect(read([], { OTHER_PORT: '4', DATASTREAMER_PORT: '5' })).toMatchObject({ port: 5 })
  })

  test('a key in a table that is none is named', () => {
    expect(() => read(['--cfg', file('[Log]\nColour = true')])).toThrow(/Log\.Colour: unknown key/)
  })

  test('help leaves out what is hidden', () => {
    const help = readCommandLine(['--help'], OTHER, TEXT)
    expect(help.kind === 'print' && help.text).toMatch(/--port/)
    expect(help.kind === 'print' && help.text).not.toMatch(/--secret|--cfg/)
  })
})

test.each([
  ['off', 0],
  ['512KiB/s', 524_288],
  ['1.5MiB/s', 1_572_864],
  ['2 GiB/s', 2_147_483_648],
])('a rate of %s', (given, bytes) => {
  expect(config(['--scrub', given]).scrub).toBe(bytes)
})

test.each(['4', '4MB/s', '0MiB/s', '-1MiB/s', 'on'])('no rate: %s', (given) => {
  expect(() => config(['--scrub', given])).toThrow(
    `--scrub: "${given}" is not off or a rate such as 512KiB/s or 4MiB/s`,
  )
})
