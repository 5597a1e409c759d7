/**
 * Makes the file of a list of roots that is built in: `node make-known-roots.ts accumulators LIST`, where LIST has a root a
 * line. Only the very list is taken over which a root was published.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseChecksums } from '../../src/execution/checksums.ts'
import { equalBytes, fromHex, toHex } from '../../src/io/bytes.ts'
import { EXECUTION_NETWORKS } from '../../src/trusted/execution-network.ts'
import { accumulatorsRoot, historicalRootsRoot } from '../../src/trusted/list-root.ts'

const { mainnet } = EXECUTION_NETWORKS
const LISTS = {
  accumulators: {
    file: 'mainnet-accumulators.ts',
    name: 'MAINNET_ACCUMULATORS',
    rootOf: accumulatorsRoot,
    published: mainnet.accumulatorsRoot,
  },
  'historical-roots': {
    file: 'mainnet-historical-roots.ts',
    name: 'MAINNET_HISTORICAL_ROOTS',
    rootOf: historicalRootsRoot,
    published: mainnet.historicalRootsRoot,
  },
} as const

const [which = '', path = ''] = parseArgs({ allowPositionals: true }).positionals
if (which !== 'accumulators' && which !== 'historical-roots')
  throw new Error(`expected ${Object.keys(LISTS).join(' or ')}`)
const { file, name, rootOf, published } = LISTS[which]
const hex = parseChecksums(readFileSync(path, 'utf8'))
  .entries.map(({ sha256 }) => sha256)
  .join('')
const root = rootOf(fromHex(hex))
if (published === undefined || !equalBytes(root, published)) throw new Error(`the root over ${path} is ${toHex(root)}`)
const target = new URL(`../../src/trusted/${file}`, import.meta.url)
const before = readFileSync(target, 'utf8')
const at = before.indexOf(`export const ${name}`)
writeFileSync(target, `${before.slice(0, at)}export const ${name}: string =\n  '${hex}'\n`)
