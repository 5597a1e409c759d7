// Makes a file and its folder durable, once each, for a test that watches the calls.
import { dirname, join } from 'node:path'
import { writeAll } from '../../src/disk/disk.ts'
import { nodeDisk } from '../../src/disk/node-disk.ts'

const [path = ''] = process.argv.slice(2)
const file = await nodeDisk.open(path, 'create')
await writeAll(file, [Uint8Array.of(1)], 0)
await file.sync()
await nodeDisk.syncFolderOf(join(dirname(path), 'another'))
await file.close()
