// A program that stores objects in a folder, and writes the key of each that is durable; it is killed by tests.
import { folderObjects } from '../../src/node.ts'
import { someBytes } from './file-server.ts'
import { IMMUTABLE, MUTABLE } from './objects.ts'

const [folder = '', count = '0'] = process.argv.slice(2)
await using objects = folderObjects(folder)
for (let i = 0; i < Number(count); i += 4) {
  const keys = [i, i + 1, i + 2, i + 3]
  await Promise.all(keys.map((n) => objects.put(`segment/${n % 3}/${n}`, someBytes(20_000 + n, n), IMMUTABLE)))
  await objects.put('checkpoint', someBytes(20_000 + i, i), MUTABLE)
  process.stdout.write(`${i + 4}\n`)
}
