import { InvalidArgumentError } from 'commander'

const MAX_U64 = (1n << 64n) - 1n

/** Read a u64 of the command line. */
export function readU64(text: string): bigint {
  const number = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n
  if (number >= 0n && number <= MAX_U64) return number
  throw new InvalidArgumentError('Expected a whole number from 0 to 2^64 - 1.')
}

/** Read a whole number of at least 1. */
export function readCount(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (number >= 1) return number
  throw new InvalidArgumentError('Expected a whole number from 1 on.')
}

/** Read bytes of a bookmark: 1 to 16, in hex. */
export function readBookmark(text: string): Uint8Array {
  const digits = text.replace(/^0x/i, '')
  if (/^(?:[0-9a-f]{2}){1,16}$/i.test(digits)) return Uint8Array.from(Buffer.from(digits, 'hex'))
  throw new InvalidArgumentError('Expected 1 to 16 bytes in hex.')
}

/** An entry, block or batch that was named on the command line. */
export interface NumberedBound {
  readonly kind: 'entry' | 'block' | 'batch'
  readonly number: bigint
}

/** Where reading begins or ends, as it was named on the command line. */
export type Bound = NumberedBound | { readonly kind: 'latest' }

/** A bound as it is named on the command line. */
export function boundText({ kind, number }: NumberedBound): string {
  return kind === 'entry' ? `${number}` : `${kind}:${number}`
}

/** Read `N`, `block:N` or `batch:N`. */
export function readBound(text: string): NumberedBound {
  return numberedBound(text, 'the number of an entry, block:N or batch:N')
}

/** Read `N`, `latest`, `block:N` or `batch:N`. */
export function readStart(text: string): Bound {
  return text === 'latest'
    ? { kind: 'latest' }
    : numberedBound(text, 'the number of an entry, latest, block:N or batch:N')
}

function numberedBound(text: string, expected: string): NumberedBound {
  const [, kind = 'entry', digits] = /^(?:(block|batch):)?(\d{1,20})$/.exec(text) ?? []
  if (digits !== undefined) return { kind: kind as 'entry' | 'block' | 'batch', number: readU64(digits) }
  throw new InvalidArgumentError(`Expected ${expected}.`)
}
