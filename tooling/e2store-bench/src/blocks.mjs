/** The blocks that are read at random: the same ones for everybody. */
export function* randomBlocks(count, of) {
  let state = 1
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state % of
  }
}

export const RANDOM_BLOCKS = 1000
