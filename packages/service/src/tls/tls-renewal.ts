/** Reads a file of a certificate or key, and returns what puts it to use. @throws {ConfigError} if it cannot be used */
export type TlsReader = () => () => void

/** Has the files of certificates and keys read again: all of them before any is put to use. */
export class TlsRenewal {
  readonly #readers: TlsReader[] = []

  /** @param read called at each renewal */
  add(read: TlsReader): void {
    this.#readers.push(read)
  }

  /** Use what is in the files by now, for connections that begin from now on. @throws {ConfigError} and changes nothing */
  renew(): void {
    const uses = this.#readers.map((read) => read())
    for (const use of uses) use()
  }
}
