import type { ExtensionCommand, ExtensionName } from '@datastreamer/format'
import { BoundarySequence, type LogPosition } from '@datastreamer/store/log'
import { EntryFilter } from './entry-filter.ts'
import type { EntryStreamOptions } from './entry-stream-options.ts'
import type { ConnectionContext } from './server-options.ts'
import { SignatureSequence } from './signature-sequence.ts'

/** What the context of a connection has for extensions. */
type ExtensionContext = Pick<ConnectionContext, 'operationBoundaries' | 'compressed' | 'signatures' | 'memory'>

type StreamParts = Pick<EntryStreamOptions, 'boundaries' | 'compressed' | 'filter' | 'signatures' | 'memory'>

/** What one connection has asked for beyond the protocol of the Go server. docs/spec/protocol.md §7, §10 to §12. */
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

  /** Whether streams without an end are signed. */
  get isSigned(): boolean {
    return this.#names.has('signatures') && !this.isFiltered
  }

  /** What a stream that begins now is made with. @param isRange whether it has an end */
  ofStream(from: LogPosition, isRange: boolean): StreamParts {
    const { operationBoundaries, compressed, signatures, memory } = this.#context
    const filter = this.#filter
    return {
      boundaries: this.#names.has('operationBoundaries') ? new BoundarySequence(operationBoundaries) : undefined,
      // Compressed runs are whole, and hold no progress.
      compressed: this.#names.has('compression') && filter === undefined ? compressed : undefined,
      filter,
      signatures: this.isSigned && !isRange && signatures ? new SignatureSequence(signatures, from) : undefined,
      memory,
    }
  }
}
