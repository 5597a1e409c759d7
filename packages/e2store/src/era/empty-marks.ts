import type { SlotIndex } from '../index-records/slot-index.ts'
import type { EraGroup } from './group.ts'

/** A deviation of a published file that does not make its blocks wrong. */
export interface EraDeviation {
  /**
   * How slots without a block are marked: by the position of the Version record of their own era
   * (`EMPTY_AT_VERSION`), or by a position in another era of the file (`EMPTY_AT_OTHER_ERA`), which is lost when the era is
   * taken out of the file.
   */
  readonly code: 'EMPTY_AT_VERSION' | 'EMPTY_AT_OTHER_ERA'
  readonly message: string
  /** Byte position of the first offset concerned. */
  readonly position: number
}

/** Slots of an era that an index marks as empty otherwise than by offset 0. */
export interface EmptyMarks {
  /** Rows that point at the era's own Version record. */
  readonly own: readonly number[]
  /** Rows that point at another era. */
  readonly other: readonly number[]
}

/** Find how the empty slots of an era are marked. @throws {E2FormatError} `BAD_INTEGER` */
export function findEmptyMarks(index: SlotIndex | undefined, { start }: EraGroup): EmptyMarks {
  const own: number[] = []
  const other: number[] = []
  for (let i = 0; i < (index?.count ?? 0); i++) {
    const at = index?.pointed(i, 'verify')
    if (at === start) own.push(i)
    else if (at !== undefined && index?.target(i, 'verify') === undefined) other.push(i)
  }
  return { own, other }
}

/** What a report says of the marks of all eras of a file. */
export class MarkCensus {
  #own = 0
  #other = 0
  #ownPosition = 0
  #otherPosition = 0

  add(index: SlotIndex | undefined, group: EraGroup): void {
    if (index === undefined) return
    const { own, other } = findEmptyMarks(index, group)
    if (this.#own === 0) this.#ownPosition = index.field(own[0] ?? 0)
    if (this.#other === 0) this.#otherPosition = index.field(other[0] ?? 0)
    this.#own += own.length
    this.#other += other.length
  }

  deviations(): readonly EraDeviation[] {
    const found: EraDeviation[] = []
    if (this.#own > 0) {
      const message = `${slots(this.#own)} marked by the position of the Version record`
      found.push({ code: 'EMPTY_AT_VERSION', message, position: this.#ownPosition })
    }
    if (this.#other > 0) {
      const message = `${slots(this.#other)} marked by a position in another era of the file`
      found.push({ code: 'EMPTY_AT_OTHER_ERA', message, position: this.#otherPosition })
    }
    return found
  }
}

function slots(count: number): string {
  return count === 1 ? '1 empty slot is' : `${count} empty slots are`
}
