import { against } from './against.ts'
import { catchUp } from './catch-up.ts'
import { client } from './client.ts'
import { compression } from './compression.ts'
import { decode } from './decode.ts'
import { fanOut } from './fan-out.ts'
import { filters } from './filters.ts'
import { flood } from './flood.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { historyBlocks } from './history-blocks.ts'
import { historyHttp } from './history-http.ts'
import { historyIndex } from './history-index.ts'
import { historyLogs } from './history-logs.ts'
import { historyMemory } from './history-memory.ts'
import { historyParquet } from './history-parquet.ts'
import { ingest } from './ingest.ts'
import { joins } from './joins.ts'
import { open } from './open.ts'
import { peersCatchUp } from './peers-catch-up.ts'
import { peersLive } from './peers-live.ts'
import { peersWrite } from './peers-write.ts'
import { relay } from './relay.ts'
import { scrub } from './scrub.ts'
import { segmentCompression } from './segment-compression.ts'
import { slowReaders } from './slow-readers.ts'
import { sync } from './sync.ts'
import { write } from './write.ts'

/** In the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  catchUp,
  client,
  filters,
  decode,
  write,
  sync,
  ingest,
  fanOut,
  joins,
  flood,
  slowReaders,
  compression,
  segmentCompression,
  scrub,
  relay,
  open,
  historyBlocks,
  historyLogs,
  historyHttp,
  historyIndex,
  historyMemory,
  historyParquet,
  peersWrite,
  peersCatchUp,
  peersLive,
  against,
]
