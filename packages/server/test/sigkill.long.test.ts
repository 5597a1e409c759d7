import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { killWriters } from './sigkill/kill-writer.ts'

const KILLS = Number(process.env.LONG_KILLS ?? 201)
const FIRST_SEED = Number(process.env.LONG_SEED ?? 1000)
/** Kills of writers of one file; then another is begun. */
const KILLS_OF_A_FILE = 20

const MODES = ['commit', 'interval', 'never'] as const

test(`${KILLS} kills of a busy server`, async () => {
  const committed = { commit: 0, interval: 0, never: 0 }
  for (let done = 0, seed = FIRST_SEED; done < KILLS; seed++) {
    using dir = tempDir()
    const fsync = MODES[seed % MODES.length] as (typeof MODES)[number]
    const kills = Math.min(KILLS_OF_A_FILE, KILLS - done)
    committed[fsync] += await killWriters({
      file: dir.join('data-stream.bin'),
      fsync,
      seed,
      kills,
      readerThreads: seed % 2,
    })
    done += kills
  }
  console.log(`${KILLS} kills; operations committed: ${JSON.stringify(committed)}`)
  expect(committed.commit).toBeGreaterThan(0)
})
