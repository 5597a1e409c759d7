import type { StateFacts } from './state-facts.ts'

/** A state whose root was computed. */
export interface VerifiedState {
  readonly era: bigint
  readonly slot: bigint
  readonly fileName: string
  readonly facts: StateFacts
  /** `chain`: the next era's state has this root. `content`: nobody has, for the next era is not held. */
  readonly verified: 'chain' | 'content'
}
