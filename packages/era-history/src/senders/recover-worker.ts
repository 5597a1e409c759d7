// Runs in a thread of its own: nothing from other packages of the workspace may be imported here.
import { parentPort } from 'node:worker_threads'
import { fastestRecovery, recoverKeys } from './public-key.ts'

/** The id of a request, and the requests of one message, joined. */
export interface RecoverMessage {
  readonly id: number
  readonly bytes: Uint8Array
}

const recovery = fastestRecovery()

parentPort?.on('message', ({ id, bytes }: RecoverMessage) => {
  void recovery.then((recover) => parentPort?.postMessage({ id, bytes: recoverKeys(recover, bytes) }))
})
