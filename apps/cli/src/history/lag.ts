import { InvalidArgumentError } from 'commander'

/** How far behind the head a segment ends that is sealed. */
export type Lag = { readonly entries: number } | { readonly blocks: number }

/** Read `1000` entries, or `100b` blocks. */
export function readLag(text: string): Lag {
  const [, digits, unit] = /^([0-9]{1,15})(b?)$/.exec(text) ?? []
  if (digits === undefined) throw new InvalidArgumentError('Expected a number of entries, or of blocks as 100b.')
  return unit === 'b' ? { blocks: Number(digits) } : { entries: Number(digits) }
}
