import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { resolve } from 'node:path'
import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { CLI, datastreamer, jsonOf } from './cli.ts'
import { writeSmallEra1 } from './e2store-files.ts'

/** The commands for archive files in the shell examples of a README, up to the first one that serves. */
function commandsOf(readme: string): (readonly string[])[] {
  const text = readFileSync(resolve(import.meta.dirname, '../../..', readme), 'utf8')
  const commands = [...text.matchAll(/^(?:pnpm exec )?datastreamer (e2store [^#\n]+)/gm)].map(([, words = '']) =>
    words.trim().split(/ +/),
  )
  return commands.slice(0, commands.findIndex(([, command]) => command === 'serve') + 1)
}

test.each([
  ['README.md', ['mirror', 'verify', 'serve']],
  ['packages/e2store/README.md', ['verify', 'serve']],
])('the commands of %s mirror, verify and serve a folder', async (readme, expected) => {
  using dir = tempDir()
  const from = dir.join('from')
  mkdirSync(from)
  await writeSmallEra1(`${from}/small.era1`, 4)
  const [info] = await jsonOf('e2store', 'info', `${from}/small.era1`)
  renameSync(`${from}/small.era1`, `${from}/made-00000-${info?.id}.era1`)
  const words: Readonly<Record<string, string>> = {
    'https://mainnet.era1.nimbus.team/': from,
    era1: dir.join('to'),
    '/srv/era1': from,
    '0..9': '0..0',
    '8545': '0',
  }
  const commands = commandsOf(readme).map((command) => command.map((word) => words[word] ?? word))
  expect(commands.map(([, command]) => command)).toEqual(expected)
  const serve = commands.pop() ?? []
  for (const command of commands) expect(await datastreamer(...command)).toMatchObject({ status: 0 })
  await using server = new SourceProcess(CLI, [...serve, '--chain-id', '77', '--log-format', 'json'])
  const { rpc } = JSON.parse(await server.firstLine())
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] })
  const response = await fetch(`http://${rpc}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  expect(await response.json()).toMatchObject({ result: '0x3' })
})
