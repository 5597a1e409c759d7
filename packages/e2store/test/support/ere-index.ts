import type { Column } from '../../src/execution/archive/layout.ts'
import { openEre } from '../../src/execution/ere/open.ts'
import { encodeDynamicBlockIndex } from '../../src/index-records/dynamic-block-index.ts'
import { fromBytes } from '../../src/io/byte-source.ts'
import { concatBytes } from '../../src/io/bytes.ts'

/** An `.ere` file with the columns of its index in another order. */
export async function withIndexOrder(bytes: Uint8Array, order: readonly Column[]): Promise<Uint8Array> {
  const { layout } = await openEre(fromBytes(bytes))
  const { indexPosition: position, start, count, columns, target } = layout
  const at = order.map((column) => columns.indexOf(column))
  const targets = Array.from({ length: count }, (_, i) => at.map((column) => target(i, column)))
  const index = encodeDynamicBlockIndex({ position, start, targets, components: order.length })
  return concatBytes([bytes.subarray(0, position), index])
}

/** All orders of some items. */
export function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]]
  return items.flatMap((first, i) => {
    const rest = [...items.slice(0, i), ...items.slice(i + 1)]
    return permutations(rest).map((others) => [first, ...others])
  })
}

/** All selections of some items, in their order. */
export function selections<T>(items: readonly T[]): readonly (readonly T[])[] {
  const [first, ...rest] = items
  if (first === undefined) return [[]]
  return selections(rest).flatMap((others) => [others, [first, ...others]])
}
