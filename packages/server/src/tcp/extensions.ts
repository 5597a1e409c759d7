import type { ExtensionCommand, ExtensionName } from '@datastreamer/format'
import { BoundarySequence } from '@datastreamer/store/log'
import { EntryFilter } from './entry-filter.ts'
import type { EntryStreamOptions } from './entry-stream-options.ts'
import type { ConnectionContext } from './server-options.ts'

/** What the context of a connection has for extensions. */
type ExtensionContext = Pick<ConnectionContext, 'operationBoundaries' | 'compressed' | 'memory'>

/** What one connection has asked for beyond the protocol of the Go server. docs/spec/protocol.md §7, §10 and §11. */
export class Extensions {
  readonly #context: ExtensionContext
  readonly #names = new Set<ExtensionName>()
  #filter: EntryFilter | undefined

  constructor(context: ExtensionContext) {
    this.#context = context
  }

  /** From now on, for as long as the connection lasts; another list of entry types replaces the one before. */
  turnOn(command: ExtensionCommand): void {
    this.#names.add(command.name)
    if (command.name === 'entryTypes') this.#filter = EntryFilter.of(command.types, this.#context.memory.results)
  }

  /** Whether entries of some types only are wanted. */
  get isFiltered(): boolean {
    return this.#filter !== undefined
  }

  /** What a stream that begins now is made with. */
  get ofStream(): Pick<EntryStreamOptions, 'boundaries' | 'compressed' | 'filter' | 'memory'> {
    const { operationBoundaries, compressed, memory } = this.#context
    const filter = this.#filter
    return {
      boundaries: this.#names.has('operationBoundaries') ? new BoundarySequence(operationBoundaries) : undefined,
      // Compressed runs are whole, and hold no progress.
      compressed: this.#names.has('compression') && filter === undefined ? compressed : undefined,
      filter,
      memory,
    }
  }
}
