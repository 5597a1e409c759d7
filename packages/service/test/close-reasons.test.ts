import { channel } from 'node:diagnostics_channel'
import { CLOSE_REASONS, type CloseReason, REJECT_REASONS, SERVER_CHANNEL, StreamServer } from '@datastreamer/server'
import { TestLog } from '@datastreamer/store/testing'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createLog } from '../src/log/create-log.ts'
import { logServer } from '../src/stream/log-server.ts'
import { observeServer } from '../src/stream/observe-server.ts'

test('metrics show every reason from the start', async () => {
  const registry = new Registry()
  observeServer(registry, new StreamServer({ reader: new TestLog() }), 10)
  const metrics = await registry.metrics()
  const shown = (name: string): string[] =>
    [...metrics.matchAll(new RegExp(`^${name}\\{reason="(\\w+)"\\} 0$`, 'gm'))].map(([, reason]) => reason ?? '')
  expect(shown('datastreamer_connections_closed_total')).toEqual([...CLOSE_REASONS])
  expect(shown('datastreamer_connections_rejected_total')).toEqual([...REJECT_REASONS])
})

test('the log has a level for every reason: warnings are what an operator should see', () => {
  const server = new StreamServer({ reader: new TestLog() })
  const lines: string[] = []
  const unlisten = logServer(createLog({ level: 'trace', format: 'json', write: (line) => lines.push(line) }), server)
  for (const reason of CLOSE_REASONS) channel(SERVER_CHANNEL).publish({ server, type: 'closed', id: 1, reason })
  unlisten()
  const logged = lines.map((line) => JSON.parse(line) as { readonly level: string; readonly reason: CloseReason })
  expect(logged.map(({ reason }) => reason)).toEqual([...CLOSE_REASONS])
  const everyday: readonly CloseReason[] = ['CLIENT_ENDED', 'CONNECTION_LOST', 'INACTIVE', 'SERVER_CLOSED']
  expect(logged.filter(({ level }) => level === 'debug').map(({ reason }) => reason)).toEqual(everyday)
  expect(logged.filter(({ level }) => level === 'warn')).toHaveLength(CLOSE_REASONS.length - everyday.length)
})
