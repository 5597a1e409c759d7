/** Appends bytes to a file, as plainly as it goes. */
import { randomFillSync } from 'node:crypto'
import { open } from 'node:fs/promises'
import { tempDir } from '@datastreamer/fixtures'
import { answerQuestions } from '../harness/process.ts'

export interface AppendQuestion {
  readonly bytes: number
  /** Bytes of each append. */
  readonly chunkBytes: number
  /** Make each append durable before the next, in a file that has its size already. */
  readonly sync: boolean
}

/** Answers with the seconds that it took. */
answerQuestions(async ({ bytes, chunkBytes, sync }: AppendQuestion): Promise<number> => {
  using folder = tempDir()
  const chunk = randomFillSync(new Uint8Array(chunkBytes))
  const file = await open(folder.join('plain.bin'), 'w')
  try {
    if (sync) await file.truncate(bytes)
    const start = performance.now()
    for (let at = 0; at < bytes; at += chunkBytes) {
      await file.write(chunk, 0, Math.min(chunkBytes, bytes - at), at)
      if (sync) await file.datasync()
    }
    return (performance.now() - start) / 1000
  } finally {
    await file.close()
  }
})
