import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { hex } from '../../test/support.ts'
import vectors from '../../vectors/feed.json' with { type: 'json' }
import { concatBytes } from '../bytes.ts'
import { encodeEntry } from '../entry.ts'
import { decodeRunningDigest, type SignedDigest } from '../running-digest.ts'
import { DigestChain, type Sha256Into } from './digest-chain.ts'
import { feedIdentity, signDigest, verifyDigest } from './feed.ts'
import { signerKey } from './keys.ts'

const sha256: Sha256Into = (bytes, into) => into.set(createHash('sha256').update(bytes).digest())
const { version } = vectors.identity
const header = { version, systemId: BigInt(vectors.identity.systemId), streamType: BigInt(vectors.identity.streamType) }
const totals = { totalLength: 4096, totalEntries: 0n }
const identity = feedIdentity({ ...header, ...totals })
const entries = vectors.entries.map(({ type, data }, i) => ({ type, number: BigInt(i), data: hex(data) }))
const key = await signerKey(vectors.name, hex(vectors.seed))

const signedOf = (packet: string): SignedDigest => decodeRunningDigest(hex(packet)) as SignedDigest

test('golden: digests, entry by entry', () => {
  const chain = DigestChain.atStart(identity, sha256)
  expect(chain.digest).toEqual(hex(vectors.digests[0] ?? ''))
  for (const [i, entry] of entries.entries()) {
    chain.appendEntry(entry)
    expect(chain.digest).toEqual(hex(vectors.digests[i + 1] ?? ''))
    expect(chain.number).toBe(i + 1)
  }
})

test('golden: digests, entries as they lie in a page', () => {
  const run = concatBytes(entries.map((entry) => encodeEntry(entry)))
  for (let from = 0; from <= entries.length; from++) {
    const chain = new DigestChain({ nextEntry: BigInt(from), runningDigest: hex(vectors.digests[from] ?? '') }, sha256)
    const at = concatBytes(entries.slice(0, from).map((entry) => encodeEntry(entry))).length
    expect(chain.appendRun(run.subarray(at), Number.POSITIVE_INFINITY)).toBe(run.length - at)
    expect(chain.equals(hex(vectors.digests.at(-1) ?? ''))).toBe(true)
  }
  const chain = DigestChain.atStart(identity, sha256)
  const first = chain.appendRun(run, 2)
  expect([chain.number, chain.equals(hex(vectors.digests[2] ?? ''))]).toEqual([2, true])
  // At least one entry, however few bytes are wanted.
  chain.appendRun(run.subarray(first), Number.POSITIVE_INFINITY, 1)
  expect(chain.digest).toEqual(hex(vectors.digests[3] ?? ''))
})

test('an entry of the largest size, after small ones', () => {
  const chain = DigestChain.atStart(identity, sha256)
  const large = { type: 1, number: 0n, data: new Uint8Array(1_048_559).fill(7) }
  chain.appendEntry(large)
  const expected = createHash('sha256')
    .update(hex(vectors.digests[0] ?? ''))
    .update(encodeEntry(large))
    .digest()
  expect(chain.digest).toEqual(Uint8Array.from(expected))
})

test.each(vectors.signed)('golden: what is signed before entry $nextEntry', async ({ nextEntry, time, packet }) => {
  const digest = { nextEntry: BigInt(nextEntry), runningDigest: hex(vectors.digests[Number(nextEntry)] ?? '') }
  expect(key.id).toBe(vectors.keyId)
  expect(await signDigest(digest, identity, BigInt(time), key)).toEqual(signedOf(packet))
  expect(await verifyDigest(signedOf(packet), identity, key)).toBe(true)
})

test('a signature is for one stream, one entry, one digest and one time', async () => {
  const signed = signedOf(vectors.signed[1]?.packet ?? '')
  const { signature } = signed
  const others: [SignedDigest, typeof identity][] = [
    [{ ...signed, nextEntry: signed.nextEntry + 1n }, identity],
    [{ ...signed, runningDigest: signed.runningDigest.map((byte, i) => (i === 31 ? byte ^ 1 : byte)) }, identity],
    [{ ...signed, signature: { ...signature, time: signature.time + 1n } }, identity],
    [
      { ...signed, signature: { ...signature, bytes: signature.bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) } },
      identity,
    ],
    [signed, { ...identity, systemId: identity.systemId + 1n }],
    [signed, { ...identity, version: identity.version + 1 }],
    [signed, { ...identity, streamType: identity.streamType + 1n }],
  ]
  for (const [other, stream] of others) expect(await verifyDigest(other, stream, key)).toBe(false)
  expect(await verifyDigest(signed, identity, await signerKey(vectors.name, new Uint8Array(32)))).toBe(false)
})
