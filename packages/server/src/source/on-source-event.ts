import { type SourceEventDetails, sourceEvents } from './source-events.ts'
import type { SourceServer } from './source-server.ts'

/** What happens at a source server, with the server that it happens at. */
export type SourceEvent = SourceEventDetails & { readonly server: SourceServer }

/** Hear of what happens at one source server, until the returned function is called. */
export function onSourceEvent(server: SourceServer, listener: (event: SourceEvent) => void): () => void {
  return sourceEvents.listen(server, listener)
}
