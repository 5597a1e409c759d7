import { writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import {
  type ConfigWarning,
  goArguments,
  goDuration,
  goLevel,
  goLogFormat,
  readCommandLine,
  resolveConfig,
} from '@datastreamer/service'
import { afterAll, describe, expect, test } from 'vitest'
import { TestRelay } from '../test/support/relay.ts'
import { Source } from '../test/support/source.ts'
import { type Config, GO_FLAGS, OPTIONS } from './options.ts'
import { program } from './program.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

function config(
  argv: readonly string[],
  env: Record<string, string> = {},
  warn: (warning: ConfigWarning) => void = () => {},
): Config {
  const line = readCommandLine(goArguments(argv, GO_FLAGS), OPTIONS, program.text)
  if (line.kind !== 'run') throw new Error(line.text)
  return resolveConfig(OPTIONS, { ...line, env, warn })
}

function file(name: string, text: string): string {
  const path = folder.join(name)
  writeFileSync(path, text)
  return path
}

describe('a breach of the state', () => {
  test.each<[string, readonly string[], Record<string, string>, boolean]>([
    ['our flags', ['--server', 'a:1'], { DATASTREAMER_PORT: '1' }, false],
    ['its file', ['--cfg', file('state.toml', 'Server = "a:1"')], {}, true],
    ['its variables', [], { ZKEVM_STREAM_SERVER: 'a:1' }, true],
    ['its flags', ['-log', 'debug'], {}, true],
    ['its file and our word', ['--cfg', file('word.toml', 'Port = 1\nkeep-open-on-state-error = false')], {}, false],
  ])('with %s', (_, argv, env, keepOpenOnStateError) => {
    expect(config(argv, env)).toMatchObject({ keepOpenOnStateError })
  })
})

test('what the Go relay does without any option', () => {
  expect(config([])).toMatchObject({
    server: ['127.0.0.1:6900'],
    port: 7900,
    host: '0.0.0.0',
    file: 'datarelay.bin',
    writeTimeout: 3000,
    inactivityTimeout: 120_000,
    logLevel: 'info',
  })
})

describe('its command line', () => {
  const wanted = {
    server: ['stream.example:6901'],
    port: 7901,
    file: 'x.bin',
    logLevel: 'debug',
    writeTimeout: 2000,
    inactivityTimeout: 60_000,
  }
  const values = { server: 'stream.example:6901', port: 7901, file: 'x.bin', log: 'debug', writetimeout: 2000 }
  const flags = Object.entries({ ...values, inactivitytimeout: 60 })

  test.each([
    ['two dashes', flags.flatMap(([name, value]) => [`--${name}`, String(value)])],
    ['one dash', flags.flatMap(([name, value]) => [`-${name}`, String(value)])],
    ['an equals sign', flags.map(([name, value]) => `--${name}=${value}`)],
    ['one dash and an equals sign', flags.map(([name, value]) => `-${name}=${value}`)],
  ])('with %s', (_name, argv) => {
    expect(config(argv)).toMatchObject(wanted)
  })

  test.each(['--cfg', '-cfg', '-c', '--c', '--config'])('names a file with %s', (flag) => {
    const path = file('named.toml', 'Port = 7999')
    expect(config([flag, path])).toMatchObject({ port: 7999 })
    expect(config([`${flag}=${path}`])).toMatchObject({ port: 7999 })
  })

  test.each([
    ['WARN', 'warn'],
    ['dpanic', 'fatal'],
  ])('takes %s for a level', (given, logLevel) => {
    expect(config(['-log', given])).toMatchObject({ logLevel })
    expect(config([`--log=${given}`])).toMatchObject({ logLevel })
  })

  test('a write timeout that may have been meant in seconds is started with, and a word of warning', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    const args = ['--server', source.address, '--file', dir.join('x.bin')]
    for (const [value, warnings] of [
      ['3', 1],
      ['3s', 0],
    ] as const) {
      await using relay = await TestRelay.start([...args, '--writetimeout', value])
      expect(relay.lines.filter(({ event }) => event === 'write-timeout')).toHaveLength(warnings)
    }
  })

  test.each([['-'], ['--']])('is that of cdk-erigon too, with %s', (dashes) => {
    const values = {
      datafile: '/x/y.bin',
      'write-timeout': '1m30s',
      'inactivity-timeout': '30s',
      'check-interval': '5s',
    }
    const argv = Object.entries(values).flatMap(([name, value]) => [`${dashes}${name}`, value])
    expect(config(argv)).toMatchObject({
      file: '/x/y.bin',
      writeTimeout: 90_000,
      inactivityTimeout: 30_000,
      checkInterval: 5000,
    })
  })

  test('takes what stands after a flag for its value', () => {
    expect(config(['-file', '-log', '-log', 'error'])).toMatchObject({ file: '-log', logLevel: 'error' })
  })
})

describe('its file', () => {
  const SPELLINGS = {
    'go.json': `{
\t"Server": "a.example:1",
\t"Port": 8000,
\t"WriteTimeout": 2000000000,
\t"InactivityTimeout": "1m30s",
\t"Log": { "Level": "warn" },
\t"DeleteData": false
}`,
    'go.yaml': `Server: a.example:1
Port: 8000
WriteTimeout: 2000000000
InactivityTimeout: 1m30s
Log:
  Level: warn
File:
`,
    'lower.yml': `server: a.example:1
port: "8000"
writetimeout: 2s
inactivitytimeout: 90
log: warn
`,
  }

  test.each(Object.entries(SPELLINGS))('as %s', (name, text) => {
    expect(config(['--cfg', file(name, text)])).toMatchObject({
      server: ['a.example:1'],
      port: 8000,
      file: 'datarelay.bin',
      writeTimeout: 2000,
      inactivityTimeout: 90_000,
      logLevel: 'warn',
    })
  })

  test.each([
    ['unknown.toml', 'Server = "a:1"\nMaxClients = 3\nprot = 1'],
    ['unknown.yaml', 'Server: a:1\nMaxClients: 3\nprot: 1'],
    ['unknown.json', '{"Server": "a:1", "MaxClients": 3, "prot": 1}'],
  ])('with keys that the relay of Go ignores, as %s: a word of warning', (name, text) => {
    const path = file(name, text)
    const warnings: ConfigWarning[] = []
    expect(config(['-cfg', path], {}, (warning) => warnings.push(warning))).toMatchObject({ server: ['a:1'] })
    expect(warnings).toEqual([
      { event: 'unknown-key', message: `${path}: MaxClients: unknown key; it has no effect` },
      { event: 'unknown-key', message: `${path}: prot: unknown key, did you mean port?; it has no effect` },
    ])
  })

  test('in our own spelling has no unknown keys', () => {
    const path = file('own.toml', 'server = "a:1"\nadmin-prot = 1')
    expect(() => config(['--cfg', path])).toThrow('admin-prot: unknown key, did you mean admin-port?')
  })

  test('as it is shipped', () => {
    const text = 'Server = "127.0.0.1:6900"\nPort = 7900\nFile = "datarelay.bin"\nLog = "info"\n'
    expect(config(['--cfg', file('shipped.toml', text)])).toMatchObject({ port: 7900, logLevel: 'info' })
  })

  test('with all keys, and the log as a table', () => {
    const text = `Server = "a.example:1"
Port = 8000
File = "testfile.bin"
WriteTimeout = 2000000000
InactivityTimeout = "1m30s"
[Log]
Environment = "production"
Level = "warn"
Outputs = ["stdout"]
`
    expect(config(['--cfg', file('all.toml', text)])).toMatchObject({
      server: ['a.example:1'],
      port: 8000,
      file: 'testfile.bin',
      writeTimeout: 2000,
      inactivityTimeout: 90_000,
      logFormat: 'json',
      logLevel: 'warn',
      logOutputs: ['stdout'],
    })
  })

  test('keys in any case; flags win over variables, those over the file', () => {
    const path = file('case.toml', 'SERVER = "a:1"\nport = 1\nfile = "a"')
    const env = { ZKEVM_STREAM_PORT: '2', ZKEVM_STREAM_FILE: 'b' }
    expect(config(['--cfg', path, '--file', 'c'], env)).toMatchObject({ server: ['a:1'], port: 2, file: 'c' })
  })

  test('with the keys of older versions and of a fork', () => {
    const text = 'Port = 1\nDeleteData = false\nTraceLogEnabled = true\nTraceLogPath = "/logs/trace.log"'
    expect(config(['--cfg', file('fork.toml', text)])).toMatchObject({ port: 1, deleteData: false })
  })

  test('is refused where it asks to delete data', async () => {
    using dir = tempDir()
    await expect(
      TestRelay.start(['--cfg', file('delete.toml', `DeleteData = true\nFile = "${dir.join('x.bin')}"`)]),
    ).rejects.toThrow('DeleteData is true, but this relay deletes no data')
  })

  test('next to our own keys', () => {
    const text = 'Server = "a:1"\nadmin-port = 9090\non-truncate = "follow"'
    expect(config(['--cfg', file('both.toml', text)])).toMatchObject({ adminPort: 9090, onTruncate: 'follow' })
  })
})

test('its variables', () => {
  const env = {
    ZKEVM_STREAM_SERVER: '127.0.0.1:9090',
    ZKEVM_STREAM_PORT: '1',
    ZKEVM_STREAM_FILE: 'f.bin',
    ZKEVM_STREAM_LOG: 'WARNING',
    ZKEVM_STREAM_WRITETIMEOUT: '4000000000',
    ZKEVM_STREAM_INACTIVITYTIMEOUT: '60000000000',
  }
  expect(config([], env)).toMatchObject({
    server: ['127.0.0.1:9090'],
    port: 1,
    file: 'f.bin',
    logLevel: 'warn',
    writeTimeout: 4000,
    inactivityTimeout: 60_000,
  })
})

test.each([
  [3_000_000_000, '3000ms'],
  [1_000_000n, '1ms'],
  ['60000000000', '60000ms'],
  [2, 2],
  ['3', '3'],
  ['1h2m3.5s', '1h2m3.5s'],
  ['soon', 'soon'],
  ['', ''],
] as const)('the duration %s is %s', (given, wanted) => {
  expect(goDuration(given)).toBe(wanted)
})

test('levels and formats that are none are left for the error', () => {
  expect([goLevel('PANIC'), goLevel('loud'), goLevel(3)]).toEqual(['fatal', 'loud', 3])
  expect([goLogFormat('development'), goLogFormat('staging')]).toEqual(['pretty', 'staging'])
})

test('arguments that are not the relay of Go stay as they are', () => {
  const argv = ['--server', 'a:1', '-h', '-V', '-x', 'port', '--', '-', '-portx']
  expect(goArguments(argv, GO_FLAGS)).toEqual(argv)
})
