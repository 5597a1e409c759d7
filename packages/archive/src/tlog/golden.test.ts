import { hasVectors, readVector } from '@datastreamer/fixtures'
import {
  encodeBase64,
  formatSignerKey,
  formatVerifierKey,
  idText,
  KeyError,
  parseSignerKey,
  parseVerifierKey,
  signEd25519,
} from '@datastreamer/format/signing'
import { describe, expect, test } from 'vitest'
import { fastSha256 as sha256 } from '../../test/support/fast-sha256.ts'
import { decodeBundle, encodeBundle } from './bundle.ts'
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { cosignatureTime } from './cosignature.ts'
import { NoteError } from './errors.ts'
import { inclusionProofLength, isConsistent, leafHash, rootOfInclusion } from './merkle.ts'
import { openNote, parseNote, signNote } from './note.ts'
import { utf8 } from './text.ts'
import { parseTilePath, tilePath } from './tile-path.ts'
import { TileTree } from './tile-tree.ts'
import { newBundles, newTiles } from './tiles.ts'
import { TreeHashes } from './tree-hashes.ts'

/** Made by two other implementations. */
const there = hasVectors('tlog')
// biome-ignore lint/suspicious/noExplicitAny: recorded data, of many shapes.
const golden = (name: string): any => (there ? JSON.parse(new TextDecoder().decode(readVector('tlog', name))) : {})

// biome-ignore lint/suspicious/noExplicitAny: as above.
const cases = (list: unknown): readonly Record<string, any>[] => list as readonly Record<string, any>[]

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const leaf = (index: number): Uint8Array => utf8(`golden leaf ${index}`)

let hashes: TreeHashes | undefined
function goldenTree(): TreeHashes {
  if (hashes !== undefined) return hashes
  hashes = new TreeHashes(sha256)
  for (let i = 0; i < 65_541; i++) hashes.append(leafHash(sha256, leaf(i)))
  return hashes
}

describe.skipIf(!there)('keys and notes', () => {
  const { keys = {}, notes = [], verifierKeys = [] } = golden('notes.json')

  test('keys are read, and made, byte for byte', async () => {
    for (const { name, keyHashHex, publicKeyHex, seedHex, skey, vkey } of Object.values<Record<string, string>>(keys)) {
      const signer = await parseSignerKey(skey ?? '')
      expect(signer).toMatchObject({ name, publicKey: hex(publicKeyHex ?? ''), seed: hex(seedHex ?? '') })
      expect(idText(signer.id)).toBe(keyHashHex)
      expect(formatSignerKey(signer)).toBe(skey)
      expect(formatVerifierKey(signer)).toBe(vkey)
      expect(formatVerifierKey(await parseVerifierKey(vkey ?? ''))).toBe(vkey)
    }
  })

  test.each(cases(verifierKeys))('verifier key: $name', async ({ vkey, ok }) => {
    const parsed = parseVerifierKey(vkey)
    if (ok) await expect(parsed).resolves.toBeDefined()
    else await expect(parsed).rejects.toThrow(KeyError)
  })

  const codes: Record<string, string> = {
    malformed: 'MALFORMED',
    'no-known-signature': 'NO_KNOWN_SIGNATURE',
    'invalid-signature': 'INVALID_SIGNATURE',
  }
  test.each(cases(notes))('note: $name', async ({ noteBase64, known, ok, error, text, verified, unverified }) => {
    const trusted = await Promise.all(known.map((name: string) => parseVerifierKey(keys[name].vkey)))
    const opened = openNote(bytes(noteBase64), trusted)
    if (!ok) {
      await expect(opened).rejects.toThrow(expect.objectContaining({ name: 'NoteError', code: codes[error] }))
      return
    }
    const note = await opened
    const names = note.verified.map(({ name, id }) => `${name}+${idText(id)}`)
    expect(note.text).toBe(text)
    expect(names).toEqual(verified)
    const others = note.signatures
      .map(({ name, id }) => `${name}+${idText(id)}`)
      .filter((name) => !names.includes(name))
    expect(others).toEqual(unverified)
  })

  test('notes are signed byte for byte', async () => {
    for (const [name, by] of [
      ['one signer', ['A']],
      ['two signers', ['A', 'B']],
    ] as const) {
      const note = notes.find((each: { name: string }) => each.name === name)
      const signers = await Promise.all(by.map((key) => parseSignerKey(keys[key].skey)))
      expect(encodeBase64(await signNote(note.text, signers))).toBe(note.noteBase64)
    }
  })
})

describe.skipIf(!there)('checkpoints', () => {
  const { checkpointBodies = [] } = golden('negatives.json')
  test.each(cases(checkpointBodies))('$why', ({ bodyBase64, valid }) => {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(bodyBase64))
    if (!valid) expect(() => parseCheckpoint(text)).toThrow(NoteError)
    else expect(text.startsWith(formatCheckpoint(parseCheckpoint(text)))).toBe(true)
  })

  test('a cosignature is verified, and passed over by who does not know the witness', async () => {
    const { checkpoint, vkey, timestamp, line, seedHex, signedMessage } = golden('cosignature.json')
    const witness = await parseVerifierKey(vkey)
    expect(formatVerifierKey(witness)).toBe(vkey)
    const [, , encoded = ''] = line.trim().split(' ')
    expect(await signEd25519(hex(seedHex), utf8(signedMessage))).toEqual(bytes(encoded).subarray(4 + 8))
    const note = utf8(checkpoint)
    expect((await openNote(note, [witness])).verified).toEqual([witness])
    const cosigned = parseNote(note).signatures.find(({ id }) => id === witness.id)
    expect(cosignatureTime(cosigned?.signature ?? new Uint8Array(0))).toBe(BigInt(timestamp))
    const log = await parseVerifierKey(golden('notes.json').keys.A.vkey)
    expect((await openNote(note, [log])).verified).toEqual([log])
    const changed = utf8(checkpoint.replace('\n1000\n', '\n1001\n'))
    await expect(openNote(changed, [witness])).rejects.toThrow(expect.objectContaining({ code: 'INVALID_SIGNATURE' }))
  })
})

describe.skipIf(!there)('trees', () => {
  const { leafHashes0to7 = [], roots0to300 = [], trees = [], growth = [] } = golden('trees.json')

  test('leaf hashes and roots', () => {
    for (const [i, hash] of leafHashes0to7.entries()) expect(goldenTree().leaf(i)).toEqual(bytes(hash))
    for (const [size, root] of roots0to300.entries()) expect(encodeBase64(goldenTree().root(size))).toBe(root)
  })

  test.each(cases(trees))(
    'of $size leaves: root, checkpoint, tiles',
    async ({ size, rootHex, checkpoint, tiles, tilesNotListed }) => {
      const root = goldenTree().root(size)
      expect(root).toEqual(hex(rootHex))
      const signer = await parseSignerKey(golden('notes.json').keys.A.skey)
      const text = formatCheckpoint({ origin: signer.name, size: BigInt(size), root })
      expect(await signNote(text, [signer])).toEqual(utf8(checkpoint))
      expect(parseCheckpoint((await openNote(utf8(checkpoint), [signer])).text)).toEqual({
        ...{ origin: signer.name, size: BigInt(size), root },
      })
      const made = new Map([...goldenTree().tiles(0, size)].map((tile) => [tile.path, tile.bytes]))
      expect(made.size).toBe(tiles.length + tilesNotListed)
      for (const { path, bytes: length, length: other, sha256: digest, sha256Hex } of tiles) {
        const tile = made.get(path) ?? new Uint8Array(0)
        expect([path, tile.length]).toEqual([path, length ?? other])
        expect(Buffer.from(sha256.digest(tile)).toString('hex')).toBe(digest ?? sha256Hex)
      }
    },
  )

  test.each(cases(growth))('$from to $to leaves: what is new', ({ from, to, tiles, bundles }) => {
    expectListed([...newTiles(from, to)].map(tilePath), tiles)
    expectListed([...newBundles(from, to)].map(tilePath), bundles)
  })

  /** A long list is shortened by a `... n more`. */
  function expectListed(paths: readonly string[], listed: readonly string[]): void {
    const more = listed.findIndex((path) => path.startsWith('...'))
    const left = more < 0 ? 0 : Number(/\d+/.exec(listed[more] ?? '')?.[0]) - 1
    expect(paths.length).toBe(listed.length + left)
    for (const path of listed) if (!path.startsWith('...')) expect(paths).toContain(path)
  }
})

describe.skipIf(!there)('tiles', () => {
  const { tiles = [], bundles = [], paths = [], size70000 = [] } = golden('tiles.json')

  test('are made byte for byte', () => {
    for (const { path, base64, treeSize } of tiles) {
      const made = [...goldenTree().tiles(0, treeSize)].find((tile) => tile.path === path)
      expect([path, encodeBase64(made?.bytes ?? new Uint8Array(0))]).toEqual([path, base64])
    }
  })

  test('bundles are read, and made byte for byte', () => {
    for (const { path, base64 } of bundles) {
      const { index, width } = parseTilePath(path) ?? { index: 0, width: 0 }
      const leaves = Array.from({ length: width }, (_, i) => leaf(index * 256 + i))
      expect(decodeBundle(bytes(base64), width, path)).toEqual(leaves)
      expect(encodeBase64(encodeBundle(leaves))).toBe(base64)
    }
  })

  test('paths', () => {
    for (const { path, ...ref } of paths) {
      expect(tilePath(ref)).toBe(path)
      expect(parseTilePath(path)).toEqual(ref)
    }
    for (const { level, full, partialWidth } of size70000) {
      const widths = [...newTiles(0, 70_000)].filter((tile) => tile.level === level).map(({ width }) => width)
      expect(widths).toEqual([...Array(full).fill(256), ...(partialWidth > 0 ? [partialWidth] : [])])
    }
  })
})

describe.skipIf(!there)('proofs', () => {
  const { inclusion = [], consistency = [], tilesRead = [], rootsOfSizesUsed = {} } = golden('proofs.json')
  const all = (list: readonly string[]): Uint8Array[] => list.map(bytes)
  const treeOf = (size: number, read: string[] = []): TileTree => {
    const objects = new Map([...goldenTree().tiles(0, size)].map((tile) => [tile.path, tile.bytes]))
    const fetch = async (path: string): Promise<Uint8Array | undefined> => {
      read.push(path)
      return objects.get(path)
    }
    return new TileTree({ size, root: goldenTree().root(size), fetch, sha256 })
  }

  test('roots', () => {
    for (const [size, root] of Object.entries(rootsOfSizesUsed)) {
      expect(encodeBase64(goldenTree().root(Number(size)))).toBe(root)
    }
  })

  test('of inclusion are verified, and made from tiles', async () => {
    for (const { index, size, proof } of inclusion) {
      const hash = leafHash(sha256, leaf(index))
      expect(rootOfInclusion(sha256, hash, all(proof), { index, size })).toEqual(goldenTree().root(size))
      expect(inclusionProofLength(index, size)).toBe(proof.length)
      expect((await treeOf(size).inclusionProof(index)).map(encodeBase64)).toEqual(proof)
    }
  })

  test('of consistency are verified, and made from tiles', async () => {
    for (const { old, new: size, proof } of consistency) {
      const [before, now] = [old, size].map((each: number) => ({ size: each, root: goldenTree().root(each) }))
      if (before === undefined || now === undefined) throw new Error('unreachable')
      expect([old, size, isConsistent(sha256, before, now, all(proof))]).toEqual([old, size, true])
      expect((await treeOf(size).consistencyProof(old)).map(encodeBase64)).toEqual(proof)
    }
  })

  test.each(cases(tilesRead))('tiles read for $what, $size leaves', async ({ what, index, old, size, tiles }) => {
    const read: string[] = []
    const tree = treeOf(size, read)
    if (what === 'inclusion') await tree.leaf(index)
    else await tree.consistencyProof(old)
    expect(new Set(read)).toEqual(new Set(tiles))
    expect(read.length).toBe(tiles.length)
  })

  test('of consistency are what a witness is asked with', () => {
    const [request = '', ...note] = golden('cosignature.json').addCheckpointRequest.split('\n\n')
    const [old = '', ...proof] = request.split('\n')
    const { size, root } = parseCheckpoint(parseNote(utf8(note.join('\n\n'))).text)
    const before = { size: Number(old.slice('old '.length)), root: goldenTree().root(257) }
    expect(before.size).toBe(257)
    expect(isConsistent(sha256, before, { size: Number(size), root }, all(proof))).toBe(true)
  })

  test('that are wrong are refused', () => {
    const { inclusion: wrong, consistency: inconsistent } = golden('negatives.json')
    for (const { why, index, size, leafHash: hash, proof, root } of wrong) {
      const found = rootOfInclusion(sha256, bytes(hash), all(proof), { index, size })
      expect([why, found && encodeBase64(found)]).not.toEqual([why, root])
    }
    for (const { why, old, new: size, oldRoot, newRoot, proof } of inconsistent) {
      const [before, now] = [
        { size: old, root: bytes(oldRoot) },
        { size, root: bytes(newRoot) },
      ]
      expect([why, isConsistent(sha256, before, now, all(proof))]).toEqual([why, false])
    }
  })
})
