import type { EntriesTo, Entry, Header } from '@datastreamer/format'
import type { Settings } from '../options.ts'
import type { CursorFrom } from '../position.ts'
import type { MissingExtensions } from '../stream/extensions.ts'
import type { LookUp } from './find-common.ts'
import type { HeaderWatch } from './header-watch.ts'
import type { History } from './history.ts'
import type { IdentityCheck } from './identity.ts'
import type { ProvingKeys } from './proof.ts'
import type { Trail } from './trail.ts'

export interface FollowOptions {
  /** Where to start if no trail says where. */
  readonly from: () => Promise<CursorFrom>
  /** Start after its newest checkpoint; without it, a rewritten history is an error. */
  readonly trail?: Trail | undefined
  readonly to: EntriesTo | undefined
  /** Whether to go on at the head that the first header shows. */
  readonly follow: boolean
  readonly boundaries: boolean
  /** Whether to ask for signatures, also where nothing has to be proven. */
  readonly signatures?: boolean | undefined
  /** Which entries are wanted (default: all). */
  readonly types?: ReadonlySet<number> | undefined
  /** Check the first entry at the head, see {@link StaleHeadFilter}; `undefined`: on servers that refused boundaries. */
  readonly verifyHead: boolean | undefined
  /** Who wants the headers that are seen beside the stream. */
  readonly headers: HeaderWatch | undefined
  /** Whether the server may end the stream by itself (default true): the last entries are not proven then. */
  readonly mayAskRange?: boolean | undefined
  /** An entry among those delivered that a new connection has to bring too, beside the last one. */
  readonly opening?: (() => Entry | undefined) | undefined
}

/** What an iteration needs of its client. */
export interface FollowContext {
  readonly settings: Settings
  readonly identity: IdentityCheck
  /** Extensions that the server is known to lack. */
  readonly missing: MissingExtensions
  /** The keys that entries are proven with; `undefined`: they need no proof. */
  readonly keys: Promise<ProvingKeys> | undefined
  /** What the beginning of the stream is read from, instead of the server. */
  readonly history: History | undefined
  readonly lookUp: LookUp
  /** Ask for the header, not on the stream's connection; `again`: whether that will be done all the time. */
  readonly look: (again: boolean, signal: AbortSignal) => Promise<Header>
}
