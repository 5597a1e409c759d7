/** A server of one of the systems, with one empty stream, on this machine. */
export interface PeerServer extends AsyncDisposable {
  readonly pid: number
  /** Where it is written to. */
  readonly port: number
  /** Where it is read; for some the same. */
  readonly readPort: number
  /** How many records, each with a number of its own, the stream has. */
  records(): Promise<number>
  /** The last one, as a reader that wants those after it has to say it. */
  last(): Promise<string>
}

/** @param folder for its files @param isDurable whether what it acknowledges has been synced to disk */
export type StartServer = (folder: string, isDurable: boolean) => Promise<PeerServer>
