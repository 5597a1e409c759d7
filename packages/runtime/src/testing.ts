export { ManualClock } from './manual-clock.ts'
export { turns, until } from './turns.ts'
