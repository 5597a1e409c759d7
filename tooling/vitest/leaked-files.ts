import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll } from 'vitest'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Milliseconds until what a collection found is reported. */
const TOLD_MS = 10

// A file that nobody closed ends the process when it is collected, whenever that is: let it be here, where it is seen.
afterAll(async () => {
  await setTimeout(TOLD_MS)
  collect()
  await setTimeout(TOLD_MS)
})
