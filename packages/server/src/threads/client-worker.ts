// Runs in a thread of its own.
import { availableParallelism } from 'node:os'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { invariant } from '@datastreamer/format'
import { nodeNet, systemClock } from '@datastreamer/runtime'
import { openReplica } from '@datastreamer/store/log'
import { Admission } from '../socket/admission.ts'
import { ClientHost } from '../tcp/client-host.ts'
import { FairScheduler } from '../tcp/fair-scheduler.ts'
import { QueuedLog, ReadQueue, readsAtOnce } from '../tcp/read-queue.ts'
import { ThreadChannel } from './channel.ts'
import { EventOutbox } from './event-outbox.ts'
import type { ThreadStart, ToServer, ToThread } from './messages.ts'
import { RemoteSignatures } from './remote-signatures.ts'

invariant(parentPort !== null, 'a thread for clients is started by its server')
const port = parentPort
const start = workerData as ThreadStart
const { replica: replicaStart, admission, maxConnectionsPerAddress, limits, hosts } = start
const clock = systemClock

const replica = await openReplica({
  start: replicaStart,
  clock,
  confirm: () => channel.request({ t: 'confirm' }),
  acknowledge: (id) => channel.post({ t: 'acknowledged', id }),
})
const sent = new Int32Array(start.sent)
/** Updates of the log that were applied; wraps as `sent` does. */
let applied = 0
const channel = new ThreadChannel<ToServer, ToThread>(port, { onNote, onRequest })
const outbox = new EventOutbox((events) => channel.post({ t: 'events', events }))
const scheduler = new FairScheduler(clock)
const signatures =
  start.signatures &&
  new RemoteSignatures(replica.log, start.signatures, {
    pageEnd: (page) => channel.request({ t: 'pageEnd', page }),
    after: (number) => channel.request({ t: 'signatureAfter', number }),
    digestAt: (number) => channel.request({ t: 'digestAt', number }),
  })
const host = new ClientHost({
  ...limits,
  log: new QueuedLog(replica.log, new ReadQueue(scheduler, clock, readsAtOnce(hosts))),
  refresh: () => {
    while (Atomics.load(sent, 0) !== applied) {
      const next = receiveMessageOnPort(port)
      if (next === undefined) return
      channel.receive(next.message)
    }
  },
  findBookmark: (bookmark) => channel.request({ t: 'findBookmark', bookmark }),
  operationBoundaries: {
    lastUpTo: (number) => channel.request({ t: 'lastUpTo', number }),
    isKnownAt: (number) => channel.request({ t: 'isKnownAt', number }),
  },
  signatures,
  scheduler,
  admission: new Admission({ maxConnections: limits.maxConnections, maxConnectionsPerAddress }, admission),
  hosts,
  clock,
  net: nodeNet,
  onEvent: (event) => outbox.add(event),
})

/** Threads of a server that are busy beside those for its clients: its own, and one for the disk. */
const OTHER_THREADS = 2

// Where there is no processor for each, clients here take the time of commits.
if (availableParallelism() < hosts + OTHER_THREADS) {
  replica.log.listen({ onCommit: () => scheduler.onCommit(), onTruncate: () => {} })
}

function onNote(note: ToThread['note']): void {
  if (note.t === 'log') {
    applied = (applied + 1) | 0
    replica.apply(note.update)
  } else if (note.t === 'signatures') signatures?.apply(note.state)
  else outbox.onHandled()
}

async function onRequest(request: ToThread['request']): Promise<unknown> {
  switch (request.t) {
    case 'listen':
      invariant(await channel.request<boolean>({ t: 'isSameFile' }), `another file is at ${replicaStart.path}`)
      return host.listen(request.address)
    case 'renewTls':
      host.renewTls(request.tls)
      return undefined
    case 'connections':
      return host.connections()
    case 'counters':
      return host.counters()
    case 'again':
      return outbox.readAgain(request.number)
    case 'close':
      await host.close(request.graceMs)
      return replica.close()
  }
}

port.on('message', (message) => channel.receive(message))
