import { formatVerifierKey, type SignerKey, signerKey } from '@datastreamer/format/signing'
import { StreamServer, StreamSignatures } from '@datastreamer/server'
import { openStore, type StreamStore } from '@datastreamer/store'

/** A key of its own for each number. */
function keyOf(number: number, name = 'test'): Promise<SignerKey> {
  return signerKey(name, new Uint8Array(32).fill(number))
}

export interface SignedServerOptions {
  readonly keys?: readonly SignerKey[]
  readonly intervalMs?: number
  readonly readerThreads?: number
  /** Called with what was added to signatures by others. */
  readonly port?: number
}

/** A stream file in this process that is served with signatures. */
export class SignedServer implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly store: StreamStore
  readonly signatures: StreamSignatures
  readonly server: StreamServer

  private constructor(store: StreamStore, signatures: StreamSignatures, server: StreamServer) {
    this.store = store
    this.signatures = signatures
    this.server = server
  }

  static async start(
    file: string,
    { keys, intervalMs, readerThreads, port = 0 }: SignedServerOptions = {},
  ): Promise<SignedServer> {
    const store = await openStore({ file, fsync: 'never', systemId: 779n, version: 2 })
    const signatures = await StreamSignatures.open({ log: store.log, keys: keys ?? [await keyOf(1)], intervalMs })
    const server = new StreamServer({ store, signatures, readerThreads })
    await server.listen(port)
    return new SignedServer(store, signatures, server)
  }

  get port(): number {
    return this.server.address?.port ?? 0
  }

  /** Commit entries, in operations of so many. */
  async commit(
    count: number,
    { bytes = 40, each = count }: { readonly bytes?: number; readonly each?: number } = {},
  ): Promise<void> {
    for (let left = count; left > 0; left -= each) {
      await this.store.atomic((operation) => {
        for (let i = 0; i < Math.min(each, left); i++) operation.addEntry(1, new Uint8Array(bytes).fill(i))
      })
    }
  }

  /** Resolves when readers may have signatures. */
  async granted(): Promise<void> {
    while (!this.signatures.isGranted) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close({ graceMs: 0 })
    await this.signatures.close()
    await this.store.close()
  }
}

/** The text of a key's public half. */
export async function publicText(number: number, name?: string): Promise<string> {
  return formatVerifierKey(await keyOf(number, name))
}
