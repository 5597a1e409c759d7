import { Command } from 'commander'
import type { RunCommand } from '../run-command.ts'
import { catCommand } from './cat.ts'
import { convertCommand } from './convert.ts'
import { exportCommand } from './export.ts'
import { exportParquetCommand } from './export-parquet.ts'
import { importCommand } from './import.ts'
import { infoCommand } from './info.ts'
import { indexCommand } from './make-index.ts'
import { manifestCommand } from './manifest.ts'
import { mergeCommand } from './merge.ts'
import { mirrorCommand } from './mirror.ts'
import { serveCommand } from './serve.ts'
import { splitCommand } from './split.ts'
import { verifyCommand } from './verify.ts'

const EXAMPLES = `
Examples:
  datastreamer e2store info mainnet-00000-5ec1ffb8.era1
  datastreamer e2store info https://mainnet.era1.nimbus.team/mainnet-00000-5ec1ffb8.era1
  datastreamer e2store verify *.era1 --checksums checksums.txt
  datastreamer e2store serve mainnet-era1 --port 8545
  datastreamer e2store export data-stream.bin --out archive
  datastreamer e2store import archive --file data-stream.bin`

/** The commands for e2store files, and for archives of data streams, which are such files. */
export function e2storeCommand(run: RunCommand): Command {
  const group = new Command('e2store')
    .summary('inspect, verify, make and convert archive files')
    .description(
      'Inspect, verify and convert e2store files (.e2s .e2i .era .era1 .ere .e2hs .e2ss), and archive streams.',
    )
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXAMPLES)
  const commands = [
    infoCommand,
    verifyCommand,
    catCommand,
    indexCommand,
    splitCommand,
    mergeCommand,
    convertCommand,
    exportCommand,
    exportParquetCommand,
    importCommand,
    manifestCommand,
    mirrorCommand,
  ]
  for (const make of commands) group.addCommand(make(run))
  group.addCommand(serveCommand())
  return group
}
