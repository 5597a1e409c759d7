export type SequencerEntries = typeof import('@datastreamer/sequencer-entries')

/** The package that knows what a sequencer's entries hold, loaded by those only who ask for blocks or batches. */
export function loadSequencerEntries(): Promise<SequencerEntries> {
  return import('@datastreamer/sequencer-entries')
}
