/** The status that a process ends with. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  /** Wrong arguments. */
  usage: 2,
  /** Done, but data was lost on the way. */
  dataLost: 3,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]
