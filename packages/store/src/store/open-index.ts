import type { Clock } from '@datastreamer/runtime'
import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { UnusableIndexError } from '../bookmarks/index-errors.ts'
import type { LevelBookmarkIndex } from '../bookmarks/level-bookmark-index.ts'
import { hasLevel, removeLevelFolder } from '../bookmarks/level-folder.ts'
import { openLevelIndex } from '../bookmarks/level-index.ts'
import { type IndexEvent, RepairingIndex } from '../bookmarks/repairing-index.ts'
import { bookmarksBackwards, indexedUpTo } from '../bookmarks/scan.ts'
import { exists } from '../disk/exists.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { least } from '../log/least.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { FirstRecovery } from '../recovery/first-recovery.ts'
import type { Made } from './made.ts'

/** The index beside a file, before the log is recovered. */
export interface OpenedLevel {
  readonly level: LevelBookmarkIndex
  /** Whether it was just made. */
  readonly empty: boolean
  /** Why it has to be rebuilt while the store serves. */
  readonly damage?: UnusableIndexError
}

/** Open the index, or only lock it if the disk has no room for what LevelDB writes on opening. @throws {LockedError} */
export async function openLevel(path: string, made: Made, clock: Clock): Promise<OpenedLevel> {
  const folder = bookmarkFolder(path)
  if (!(await exists(folder))) made.add(() => removeLevelFolder(folder))
  const empty = !(await hasLevel(folder))
  const options = { folder, createIfMissing: true, mayWaitForRoom: true, clock }
  try {
    return { level: await openLevelIndex(options), empty }
  } catch (damage) {
    if (!(damage instanceof UnusableIndexError)) throw damage
    return { level: await openLevelIndex({ ...options, fresh: true }), empty: false, damage }
  }
}

export interface IndexOfStore {
  readonly index: BookmarkIndex
  readonly firstRecovery: FirstRecovery
}

/** An index that repairs itself. @param recovered resolves when the log may be read to rebuild it */
export function repairedIndex(
  opened: OpenedLevel,
  log: StreamLog,
  recovered: Promise<void>,
  clock: Clock,
  onEvent: (event: IndexEvent) => void,
): IndexOfStore {
  const index = new RepairingIndex({ log, recovered, clock, onEvent, ...opened, isBehind: true })
  return {
    index,
    firstRecovery: {
      isDone: false,
      indexedEntries: (...known) => entriesIndexed(log, opened, ...known),
      async finish() {
        if (opened.empty) await opened.level.finish()
        index.caughtUp()
        this.isDone = true
      },
    },
  }
}

/** An index that the caller of `openStore` has given. */
export function givenIndex(index: BookmarkIndex, log: StreamLog): IndexOfStore {
  return {
    index,
    firstRecovery: {
      isDone: false,
      indexedEntries: (...known) => entriesIndexed(log, { level: index }, ...known),
      async finish() {
        this.isDone = true
      },
    },
  }
}

/**
 * Number up to which the index knows the log. What the last checkpoint says of it does not hold for entries of another
 * program that replaced ours.
 */
async function entriesIndexed(
  log: StreamLog,
  { level, empty = false, damage }: Partial<Omit<OpenedLevel, 'level'>> & { readonly level: BookmarkIndex },
  checkpointed: bigint | undefined,
  takenOverFrom: CommitPoint | undefined,
): Promise<bigint> {
  if (empty) return 0n
  if (damage !== undefined) return log.header.totalEntries
  if (checkpointed === undefined) return BigInt(await indexedUpTo(log, level))
  // Bookmarks of replaced entries say nothing about the entries that are there now, even if some are the same.
  const ours = least(takenOverFrom?.totalEntries ?? checkpointed, checkpointed)
  if (await knowsLastBefore(log, level, ours)) return ours
  return least(BigInt(await indexedUpTo(log, level)), ours)
}

/** Whether an index has the last bookmark before an entry, if there is one nearby: otherwise the index is out of date. */
async function knowsLastBefore(log: StreamLog, index: BookmarkIndex, number: bigint): Promise<boolean> {
  const end = number < log.header.totalEntries ? number : log.header.totalEntries
  const { value: near } = await bookmarksBackwards(log, Number(end)).next()
  const last = near?.at(-1)
  if (last === undefined) return true
  const found = await index.get(last.key)
  return found !== undefined && found >= last.number
}
