import { Command } from 'commander'
import type { RunCommand } from '../run-command.ts'
import { getCommand } from './get.ts'
import { infoCommand } from './info.ts'
import { keygenCommand } from './keygen.ts'
import { mirrorCommand } from './mirror.ts'
import { publishCommand } from './publish.ts'
import { verifyCommand } from './verify.ts'

const EXAMPLES = `
A history is a folder, an http(s):// address or s3://bucket/prefix.

Examples:
  datastreamer history keygen history.key --name history.example/zkevm
  datastreamer history publish data-stream.bin s3://bucket/zkevm --key history.key
  datastreamer history info https://cdn.example/zkevm
  datastreamer history verify https://cdn.example/zkevm --public-key history.pub`

/** The commands for histories: streams in signed, immutable segments. */
export function historyCommand(run: RunCommand): Command {
  const group = new Command('history')
    .summary('publish, verify, mirror and restore histories of streams')
    .description('A history is a data stream in signed, immutable segments: in a folder, on a web server, in a bucket.')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXAMPLES)
  for (const command of [keygenCommand, publishCommand, infoCommand, verifyCommand, getCommand, mirrorCommand])
    group.addCommand(command(run))
  return group
}
