/** What the worker is started with. */
export interface LevelWorkerData {
  readonly folder: string
  readonly createIfMissing: boolean
  /** Destroy what is there before opening. */
  readonly fresh: boolean
  /** Start without LevelDB if the disk has no room for opening it, until a `reopen`. */
  readonly mayWait: boolean
}

/** Requests of the index to its worker, which carries them out in order. */
export type LevelRequest =
  /** Write the first `count` slots. */
  | { readonly t: 'write'; readonly slots: SharedArrayBuffer; readonly count: number }
  /** Open LevelDB, or reopen it after a failed write, and accept writes again from the first that was not answered on. */
  | { readonly t: 'reopen'; readonly id: number }
  | { readonly t: 'get'; readonly id: number; readonly key: Uint8Array }
  /** Start over, empty and unfinished, whatever is there. */
  | { readonly t: 'renew'; readonly id: number }
  /** It is complete from now on. */
  | { readonly t: 'finish'; readonly id: number }
  /** Make everything written durable. */
  | { readonly t: 'sync'; readonly id: number }
  | { readonly t: 'close'; readonly id: number }

/** An error of LevelDB on its way between threads. */
export interface LevelFailure {
  /** Such as `LEVEL_LOCKED`. */
  readonly code: string
  readonly message: string
}

export type LevelReply =
  | { readonly t: 'open' }
  /** LevelDB is not open yet because the disk is full. */
  | { readonly t: 'waiting'; readonly failure: LevelFailure }
  /** The oldest `write` that was not answered yet is done. */
  | { readonly t: 'written' }
  | { readonly t: 'answer'; readonly id: number; readonly number?: number | undefined }
  | { readonly t: 'refused'; readonly id: number; readonly failure: LevelFailure }
  /** A check in the background found its files damaged. */
  | { readonly t: 'damaged'; readonly failure: LevelFailure }
  /** Opening or writing failed; nothing more will be written until it is reopened. */
  | { readonly t: 'failed'; readonly failure: LevelFailure }
