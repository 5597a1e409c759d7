import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { openEra1 } from '@datastreamer/e2store'
import { archiveIdentity } from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import { tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { datastreamer } from './cli.ts'
import { writeEmptyEras, writeInvalidEra, writeSmallEra1 } from './e2store-files.ts'

const dir = tempDir()
const PAGE = '<!DOCTYPE html><html><body>404 Not Found</body></html>'

/** A server that has no file: it denies, redirects in a circle, or answers a page. */
const server: Server = createServer(({ url = '' }, response) => {
  if (url.startsWith('/denied/')) response.writeHead(403).end()
  else if (url.startsWith('/circle/')) response.writeHead(302, { location: url }).end()
  else if (url.startsWith('/page/')) response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
  else response.writeHead(404).end()
})

/** What is served of another network than its name says. */
let misnamed = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const whole = await writeSmallEra1(dir.join('whole.era1'), 3)
  await using source = await openFile(whole)
  misnamed = `sepolia-00000-${(await archiveIdentity(await openEra1(source))).id}.era1`
  for (const folder of ['empty', 'text', 'misnamed', 'beacon', 'short', 'sepolia-eras']) mkdirSync(dir.join(folder))
  copyFileSync(whole, dir.join(`misnamed/${misnamed}`))
  writeFileSync(dir.join('text/readme.txt'), 'nothing here')
  writeFileSync(dir.join('short/testnet-00000-11111111.era1'), readFileSync(whole).subarray(0, 700))
  writeFileSync(dir.join('page.era1'), PAGE)
  writeFileSync(dir.join('page.idx'), PAGE)
  writeFileSync(dir.join('zipped.era1'), gzipSync(readFileSync(whole)))
  writeFileSync(dir.join('noise.era'), Buffer.alloc(300, 0xa5))
  symlinkSync('circle.era1', dir.join('circle.era1'))
  await writeEmptyEras(dir.join('beacon'), 'devnet', 1)
  await writeEmptyEras(dir.join('sepolia-eras'), 'sepolia', 1)
  await writeInvalidEra(dir.join('blocks.era'), 2n, [1])
})
afterAll(() => {
  server.close()
  dir[Symbol.dispose]()
})

/** Arguments with the folder of the test in the place of `@`, and the address of its server in that of `%`. */
function filled(args: string): readonly string[] {
  const { port } = server.address() as AddressInfo
  const address = `http://127.0.0.1:${port}`
  return args.split(' ').map((arg) => arg.replace(/^@/, `${dir.path}/`).replace(/^%/, address).replace('*', misnamed))
}

test.each<[args: string, status: number, says: string]>([
  // What is not there, or not what it should be.
  ['verify @circle.era1', 1, 'circle.era1: its symbolic links lead in a circle'],
  ['cat ftp://host/a.era1', 2, 'ftp:// is not known: expected a path, file://, http(s):// or s3://'],
  ['verify ftp://host/a.era1', 2, 'ftp://host/a.era1: ftp:// is not known'],
  ['manifest @absent', 1, 'absent: there is no such file'],
  ['manifest @whole.era1', 2, 'whole.era1 is a file, expected a folder'],
  ['manifest @empty', 1, 'empty: no file of history is in it'],
  ['convert @text --to ere --out @out', 2, 'no file of execution blocks is in it (.era1, .ere, .erae or .e2hs)'],
  ['split @empty --out @out', 1, 'is a folder, expected a regular file'],
  ['export-parquet @text @out', 1, 'no archive of blocks (.era1, .ere, .erae or .e2hs)'],
  // What has the name of another kind.
  ['info @page.idx', 1, 'page.idx: open: not an e2store file: it is an HTML page'],
  ['split @page.era1 --out @out', 1, 'page.era1: open: not an e2store file: it is an HTML page'],
  ['merge @zipped.era1 --out @joined', 1, 'zipped.era1: open: not an e2store file: it is compressed with gzip'],
  ['verify @noise.era', 1, 'noise.era: open: first record is a5a5, expected Version'],
  ['convert @page.era1 --to ere --out @out', 1, 'page.era1: open: not an e2store file: it is an HTML page'],
  [
    'convert @short --to ere --out @out',
    1,
    '.era1: open: the index is missing: no BlockIndex (6632) record ends the file',
  ],
  ['export-parquet @short @out', 1, 'REJECTED testnet-00000-11111111.era1 is not used: the index is missing'],
  // What is of another kind than the command takes.
  ['split @whole.era1 --out @out', 2, 'whole.era1: an .era1 file has only one part'],
  ['merge @whole.era1 --out @joined', 2, 'whole.era1: .era1 files are not joined'],
  ['cat --blocks @missing.era1', 1, 'missing.era1: there is no such file'],
  ['index @whole.era1 --out @out', 2, 'whole.era1: an .era1 file has no beacon blocks to index: --full indexes'],
  ['convert @blocks.era --to ere --out @out', 1, 'blocks.era: an .era file has no execution blocks, expected .era1'],
  ['convert @whole.era1 --to ere --out @out', 1, 'its name does not show its network, which has to be named'],
  // What is of another network.
  ['mirror @misnamed @out', 1, 'that of sepolia is'],
  ['mirror @sepolia-eras @out', 1, 'WRONG_NETWORK'],
  ['export-parquet @misnamed @out', 1, `REJECTED sepolia-`],
  // What is on a server, or should not be.
  ['convert %/a.era1 --to ere --out @out', 2, '/a.era1: files on this machine are converted: mirror it first'],
  ['manifest %/', 2, 'written into a folder on this machine: mirror it first'],
  ['import %/a.e2ds --file @out', 2, 'imported from files on this machine: mirror it first'],
  ['info %/denied/a.era1', 1, '/denied/a.era1: denied (status 403)'],
  ['verify %/circle/a.era1', 1, '/circle/a.era1: redirected too often'],
  ['export-parquet %/page/a-00000-11111111.era1 @out', 1, 'REJECTED a-00000-11111111.era1 is not used: '],
])('e2store %s', async (args, status, says) => {
  const result = await datastreamer('e2store', ...filled(args))
  const { stdout, stderr } = result
  expect([result.status, stdout + stderr]).toEqual([status, expect.stringContaining(says)])
  expect(stderr).not.toMatch(/^ {4}at /m)
  const out = dir.join('out')
  expect(existsSync(out) ? readdirSync(out).filter((name) => /era|ere|e2hs|partial/.test(name)) : []).toEqual([])
})
