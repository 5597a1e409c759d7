import type { BeaconArchive } from '../archive/beacon-archive.ts'
import { BeaconError } from '../errors.ts'
import { type BeaconAnswer, errorAnswer } from './answer.ts'
import {
  blockAnswer,
  blockRootAnswer,
  finalityAnswer,
  genesisAnswer,
  headerAnswer,
  headersAnswer,
  stateAnswer,
  stateForkAnswer,
  stateRootAnswer,
} from './chain-answers.ts'
import { depositContractAnswer, forkScheduleAnswer, specAnswer } from './config-answers.ts'
import {
  peerCountAnswer,
  peersAnswer,
  statusAnswer,
  syncingAnswer,
  type Version,
  versionAnswer,
} from './node-answers.ts'

/** What is asked for. */
export interface BeaconRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly accept?: string | undefined
}

interface Asked {
  readonly archive: BeaconArchive
  readonly version: Version
  readonly id: string
  readonly accept: string | undefined
  readonly query: URLSearchParams
}

type Route = (asked: Asked) => BeaconAnswer | Promise<BeaconAnswer>

/** What is answered, by path; `*` is an identifier. */
const ROUTES: Readonly<Record<string, Route>> = {
  '/eth/v2/beacon/blocks/*': ({ archive, id, accept }) => blockAnswer(archive, id, accept),
  '/eth/v1/beacon/blocks/*/root': ({ archive, id }) => blockRootAnswer(archive, id),
  '/eth/v1/beacon/headers': ({ archive, query }) => headersAnswer(archive, query),
  '/eth/v1/beacon/headers/*': ({ archive, id }) => headerAnswer(archive, id),
  '/eth/v2/debug/beacon/states/*': ({ archive, id, accept }) => stateAnswer(archive, id, accept),
  '/eth/v1/beacon/states/*/root': ({ archive, id }) => stateRootAnswer(archive, id),
  '/eth/v1/beacon/states/*/fork': ({ archive, id }) => stateForkAnswer(archive, id),
  '/eth/v1/beacon/states/*/finality_checkpoints': ({ archive, id }) => finalityAnswer(archive, id),
  '/eth/v1/beacon/genesis': ({ archive }) => genesisAnswer(archive),
  '/eth/v1/beacon/blob_sidecars/*': () => absent('era files hold no blobs'),
  '/eth/v1/beacon/deposit_snapshot': () => absent('era files hold no deposit snapshot'),
  '/eth/v1/config/spec': ({ archive }) => specAnswer(archive),
  '/eth/v1/config/fork_schedule': ({ archive }) => forkScheduleAnswer(archive),
  '/eth/v1/config/deposit_contract': ({ archive }) => depositContractAnswer(archive),
  '/eth/v1/node/version': ({ version }) => versionAnswer(version),
  '/eth/v1/node/syncing': ({ archive }) => syncingAnswer(archive),
  '/eth/v1/node/health': () => ({ status: 200, headers: { 'Content-Length': '0' }, body: new Uint8Array(0) }),
  '/eth/v1/node/peers': () => peersAnswer(),
  '/eth/v1/node/peer_count': () => peerCountAnswer(),
  '/checkpointz/v1/status': ({ archive, version }) => statusAnswer(archive, version),
}

function absent(message: string): never {
  throw new BeaconError('NOT_HELD', message)
}

const routes = Object.entries(ROUTES).map(([pattern, route]) => ({ segments: pattern.split('/'), route }))

function findRoute(path: string): { readonly route: Route; readonly id: string } | undefined {
  const segments = path.replace(/\/$/, '').split('/')
  for (const { segments: wanted, route } of routes) {
    const matches = wanted.length === segments.length && wanted.every((each, i) => each === '*' || each === segments[i])
    if (matches) return { route, id: segments[wanted.indexOf('*')] ?? '' }
  }
  return undefined
}

/** The part of the Beacon API that nodes start from, over the era files of an archive. */
export class BeaconApi {
  readonly #archive: BeaconArchive
  readonly #version: Version

  /** @param version of the server, as it says to clients */
  constructor(archive: BeaconArchive, version: string) {
    this.#archive = archive
    this.#version = { number: version }
  }

  /** Answer a request. Throws what the location or the files throw; what a client did wrong is an answer. */
  async answer({ method, url, accept }: BeaconRequest): Promise<BeaconAnswer> {
    try {
      if (method !== 'GET' && method !== 'HEAD') {
        throw new BeaconError('NO_METHOD', `method ${method}, expected GET or HEAD`)
      }
      const [path = '', search = ''] = url.split('?', 2)
      const found = findRoute(path)
      if (!found) throw new BeaconError('NOT_HELD', `${path} is not answered here`)
      return await found.route({
        archive: this.#archive,
        version: this.#version,
        id: found.id,
        accept,
        query: new URLSearchParams(search),
      })
    } catch (error) {
      if (error instanceof BeaconError) return errorAnswer(error)
      throw error
    }
  }
}
