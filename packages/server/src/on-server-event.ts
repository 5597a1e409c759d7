import type { StreamServer } from './stream-server.ts'
import { type EventDetails, serverEvents } from './tcp/server-events.ts'

/** What happens at a server, with the server that it happens at. */
export type ServerEvent = EventDetails & { readonly server: StreamServer }

/** Hear of what happens at one server, until the returned function is called. */
export function onServerEvent(server: StreamServer, listener: (event: ServerEvent) => void): () => void {
  return serverEvents.listen(server, listener)
}
