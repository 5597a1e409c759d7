/** What opening a store has put on the disk: undone, if what it was opened for cannot start. */
export class Made {
  #undo: (() => Promise<void>)[] = []

  add(undo: () => Promise<void>): void {
    this.#undo.push(undo)
  }

  /** Undo all, the last first. What cannot be undone stays; it is not why the start failed. */
  async undo(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo().catch(() => undefined)
  }
}
