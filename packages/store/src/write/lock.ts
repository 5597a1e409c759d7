/** Keeps others from writing a file. */
export interface Lock {
  /** Whether its name still leads to what is locked. @throws what the system says */
  isAtPath(): Promise<boolean>
  close(): Promise<void>
}
