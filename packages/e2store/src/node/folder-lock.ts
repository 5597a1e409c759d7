import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpath, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Keep other runs of this machine from writing to a folder, until disposed of or the process ends, however it ends: the
 * lock is a local socket, named by the folder, that nobody else can listen on.
 *
 * @param purpose what is locked: a folder has a lock for each
 * @returns `undefined` if somebody else has the lock
 */
export async function lockFolder(folder: string, purpose: string): Promise<AsyncDisposable | undefined> {
  const digest = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
  const name = `datastreamer-${purpose}-${digest.slice(0, 32)}`
  const address = addressOf(name)
  const server = (await listen(address)) ?? (await listenInstead(address))
  if (server === undefined) return undefined
  return {
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

function addressOf(name: string): string {
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name)
}

/** `undefined` if the address is taken. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(address)
  server.unref()
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}

/** Where sockets are files, one may be left of a process that was killed: nobody listens on it. */
async function listenInstead(address: string): Promise<Server | undefined> {
  if (process.platform === 'linux' || process.platform === 'win32' || (await isHeard(address))) return undefined
  await rm(address, { force: true })
  return listen(address)
}

async function isHeard(address: string): Promise<boolean> {
  const socket = connect(address)
  return once(socket, 'connect').then(
    () => {
      socket.destroy()
      return true
    },
    () => false,
  )
}
