/** What opening a store has made on the disk, to be undone if the start fails. */
export class Made {
  #undo: (() => Promise<void>)[] = []

  add(undo: () => Promise<void>): void {
    this.#undo.push(undo)
  }

  /** Undo all, the last first. Errors are ignored: the reason why the start failed matters more. */
  async undo(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo().catch(() => undefined)
  }
}
