import { defaultHashes } from '@datastreamer/e2store/execution'
import type { Transaction } from '../transactions/transaction.ts'
import { ANSWER_BYTES, fastestRecovery, REQUEST_BYTES, type RecoverPublicKey, recoverKeys } from './public-key.ts'
import { badSignature, signedHash, statedSender } from './signing.ts'
import type { RecoveryThreads } from './threads.ts'

/** Fewer signatures than this are recovered at once, without a thread: one takes longer than a message to a thread. */
const THREAD_FROM = 3

let recovery: Promise<RecoverPublicKey> | undefined

/**
 * The senders of transactions, 20 bytes each.
 *
 * @param envelopes as in a block's body
 * @param transactions decoded from them
 * @param threads recover many signatures without blocking this thread
 * @throws {TransactionError} `BAD_SIGNATURE`
 */
export async function recoverSenders(
  envelopes: readonly Uint8Array[],
  transactions: readonly Transaction[],
  threads?: RecoveryThreads,
): Promise<Uint8Array[]> {
  const senders: (Uint8Array | undefined)[] = transactions.map(statedSender)
  const unknown = senders.flatMap((sender, i) => (sender === undefined ? [i] : []))
  if (unknown.length === 0) return senders as Uint8Array[]
  const requests = new Uint8Array(unknown.length * REQUEST_BYTES)
  for (const [n, i] of unknown.entries()) {
    const { hash, signature, yParity } = signedHash(envelopes[i] as Uint8Array, transactions[i] as Transaction)
    requests.set(hash, n * REQUEST_BYTES)
    requests.set(signature, n * REQUEST_BYTES + 32)
    requests[n * REQUEST_BYTES + 96] = yParity
  }
  const answers = await recoverAll(requests, unknown.length, threads)
  for (const [n, i] of unknown.entries()) {
    const at = n * ANSWER_BYTES
    if (answers[at + 64] !== 1) throw badSignature(transactions[i] as Transaction, 'there is no such key')
    senders[i] = addressOf(answers.subarray(at, at + 64))
  }
  return senders as Uint8Array[]
}

/** The address of a public key of 64 bytes. */
function addressOf(key: Uint8Array): Uint8Array {
  return defaultHashes().keccak256(key).subarray(12)
}

async function recoverAll(requests: Uint8Array, count: number, threads?: RecoveryThreads): Promise<Uint8Array> {
  if (threads !== undefined && count >= THREAD_FROM) {
    const inThreads = await recoverInThreads(requests, count, threads)
    if (inThreads !== undefined) return inThreads
  }
  recovery ??= fastestRecovery()
  return recoverKeys(await recovery, requests)
}

/** `undefined` if threads cannot be started here, or were lost. */
async function recoverInThreads(
  requests: Uint8Array,
  count: number,
  threads: RecoveryThreads,
): Promise<Uint8Array | undefined> {
  const each = Math.ceil(count / Math.min(threads.limit, Math.ceil(count / THREAD_FROM)))
  try {
    const parts: Promise<Uint8Array>[] = []
    for (let from = 0; from < count; from += each) {
      parts.push(threads.recover(requests.slice(from * REQUEST_BYTES, (from + each) * REQUEST_BYTES)))
    }
    const answers = new Uint8Array(count * ANSWER_BYTES)
    let at = 0
    for (const part of await Promise.all(parts)) {
      answers.set(part, at)
      at += part.length
    }
    return answers
  } catch {
    return undefined
  }
}
