// Opens a store, commits one entry and holds it until it is killed: `hold-store.ts FILE`. Prints the number of entries
// that there are then, or the code of the error.
import { openStore } from '../../src/store/open-store.ts'

try {
  const store = await openStore({ file: process.argv[2] ?? '' })
  store.startAtomicOp()
  store.addStreamEntry(1, Uint8Array.of(1))
  await store.commitAtomicOp()
  console.log(String(store.getHeader().totalEntries))
  process.stdin.resume()
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error))
}
