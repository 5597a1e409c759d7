import { readCommandLine, resolveConfig } from '@datastreamer/service'
import { expect, test } from 'vitest'
import { OPTIONS } from './options.ts'
import { program } from './program.ts'

test('help names every flag', () => {
  const line = readCommandLine(['--help'], OPTIONS, program.text)
  const text = line.kind === 'print' ? line.text : ''
  const flags = text.match(/^ {2}--[a-z-]+/gm)?.map((flag) => flag.trim().slice(2))
  expect(flags).toEqual([
    ...['file', 'read-only', 'follow', 'stream-type', 'system-id', 'file-version'],
    ...['must-exist', 'fsync', 'fsync-interval', 'scrub'],
    ...['demo', 'demo-block-time'],
    ...[
      'port',
      'host',
      'sign-key',
      'sign-interval',
      'write-timeout',
      'inactivity-timeout',
      'reader-threads',
      'max-connections',
      'max-connections-per-address',
    ],
    ...['keep-open-on-state-error', 'no-compression'],
    ...['source-port', 'source-host', 'source-token', 'source-tls', 'source-client-ca'],
    ...['history-publish', 'history-key', 'history-lag', 'history-state'],
    ...['tls-cert', 'tls-key', 'tls-client-ca'],
    ...['admin-port', 'admin-host', 'admin-allowed-hosts', 'admin-tls'],
    ...['shutdown-timeout', 'log-level', 'log-format', 'config'],
  ])
})

test.each([
  [[], false],
  [['--writetimeout', '3000'], true],
  [['--writetimeout', '3000', '--no-keep-open-on-state-error'], false],
])('%j: stays open after a breach of the state: %s', (argv, keepOpenOnStateError) => {
  const line = readCommandLine(argv, OPTIONS, program.text)
  if (line.kind !== 'run') throw new Error(line.text)
  expect(resolveConfig(OPTIONS, { ...line, env: {} })).toMatchObject({ keepOpenOnStateError })
})

test('without flags: what a sequencer needs, on this machine only', () => {
  expect(resolveConfig(OPTIONS, { given: new Map(), env: {} })).toMatchObject({
    file: 'data-stream.bin',
    host: '127.0.0.1',
    port: 6900,
    streamType: 1n,
    fsync: 'commit',
    writeTimeout: 3000,
    inactivityTimeout: 120_000,
    adminPort: undefined,
  })
})
