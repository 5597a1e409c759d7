import type { Header } from '@datastreamer/format'

/** The ways in which the entries of a zkEVM stream were ever encoded, oldest first. docs/spec/sequencer-entries.md §1. */
export const GENERATIONS = ['sequencer-2023-09', 'pre-etrog', 'etrog', 'protobuf'] as const

/** One of {@link GENERATIONS}. */
export type Generation = (typeof GENERATIONS)[number]

/** Whether a text, say of a command line, names a generation. */
export function isGeneration(name: string): name is Generation {
  return GENERATIONS.some((generation) => generation === name)
}

/**
 * The generation that the header of a stream suggests. It is a guess: headers of generation 2 were written in front of
 * entries of both `sequencer-2023-09` and `pre-etrog`, so let whoever knows better say so.
 *
 * @param override what the caller knows, which wins
 * @see docs/spec/sequencer-entries.md §1
 */
export function suggestGeneration(
  header: Pick<Header, 'generation' | 'version'>,
  override?: Generation | undefined,
): Generation {
  if (override !== undefined) return override
  if (header.generation === 1) return 'sequencer-2023-09'
  if (header.generation === 2) return 'pre-etrog'
  return header.version >= 2 ? 'protobuf' : 'etrog'
}
