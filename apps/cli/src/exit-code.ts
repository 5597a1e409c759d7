/** What the command tells whoever started it. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  /** It was called with what it cannot be called with. */
  usage: 2,
  /** Done, but data was lost on the way. */
  dataLost: 3,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]
